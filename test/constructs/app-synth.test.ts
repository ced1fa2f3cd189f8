import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

describe('cdk8s synth', () => {
  it('runs a program with this App', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'synth-'));
    try {
      writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ extends: path.join(ROOT, 'tsconfig.json') }));
      writeFileSync(
        path.join(folder, 'program.ts'),
        `import { ApiObject, Chart } from '${ROOT}/node_modules/cdk8s';
         import { App } from '${ROOT}/constructs';
         const app = new App();
         new ApiObject(new Chart(app, 'chart'), 'one', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } });
         app.synth();`,
      );
      const program = `"${process.execPath}" "${ROOT}/node_modules/.bin/tsx" program.ts`;
      const output = execFileSync(
        process.execPath,
        [path.join(ROOT, 'node_modules/.bin/cdk8s'), 'synth', '--app', program, '--output', 'manifests'],
        { cwd: folder, env: { ...process.env, NODE_OPTIONS: '', CDK8S_CHECK_UPGRADE: 'false' }, encoding: 'utf8' },
      );
      expect(output).toContain('manifests/chart.k8s.yaml');
      expect(readdirSync(path.join(folder, 'manifests'))).toEqual(['chart.k8s.yaml']);
      expect(readFileSync(path.join(folder, 'manifests/chart.k8s.yaml'), 'utf8')).toContain('name: one');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
