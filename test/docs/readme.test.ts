import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const ROOT = path.join(__dirname, '../..');
const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

describe('the README', () => {
  it('has a program that synthesizes as it stands', () => {
    const program = /```ts\n([^]*?)```/.exec(readme)?.[1] ?? '';
    mkdirSync(path.join(ROOT, '.agentyard'), { recursive: true });
    const folder = mkdtempSync(path.join(ROOT, '.agentyard/readme-'));
    try {
      cpSync(path.join(ROOT, 'examples/log-analysis/tools'), path.join(folder, 'tools/log-analysis'), {
        recursive: true,
      });
      writeFileSync(path.join(folder, 'program.ts'), program);
      const env = { ...process.env, NODE_OPTIONS: '', CDK8S_OUTDIR: path.join(folder, 'dist') };
      execFileSync(process.execPath, [path.join(ROOT, 'node_modules/.bin/tsx'), path.join(folder, 'program.ts')], {
        cwd: ROOT,
        env,
        stdio: 'pipe',
      });
      const kinds = readdirSync(path.join(folder, 'dist')).flatMap((file) =>
        parseAllDocuments(readFileSync(path.join(folder, 'dist', file), 'utf8')).map(
          (document) => document.toJS().kind as string,
        ),
      );
      const count = (kind: string) => kinds.filter((k) => k === kind).length;
      // The StatefulSet is the egress proxy, which the agent's hosted model needs.
      expect(['Deployment', 'StatefulSet', 'NetworkPolicy', 'ServiceAccount', 'Service'].map(count)).toEqual([
        3, 1, 4, 4, 8,
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('links to files that are there', () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      ...readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`),
    ];
    const dead = pages
      .filter((page) => page.endsWith('.md'))
      .flatMap((page) =>
        [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
          .map(([, target]) => path.join(path.dirname(page), target ?? ''))
          .filter((target) => !existsSync(path.join(ROOT, target)))
          .map((target) => `${page} -> ${target}`),
      );
    expect(dead).toEqual([]);
  });

  it('names only npm scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const text = readme + readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');
    const named = [
      ...text.matchAll(/npm (?:run )?(start|test|[a-z]+:[a-z]+|lint|format|build|generate)\b(?::\w+)?/g),
    ].map(([, script]) => script ?? '');
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});
