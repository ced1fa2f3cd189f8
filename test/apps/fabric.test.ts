import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const ROOT = path.join(__dirname, '../..');
const MANIFESTS = path.join(__dirname, 'golden/fabric');
const DOCUMENTS = path.join(ROOT, 'test/contract/golden');
const UPDATE = process.env.UPDATE_GOLDEN === '1';

/** Compares with the golden file, which a person has reviewed; UPDATE_GOLDEN=1 writes it for the next review. */
function expectGolden(file: string, text: string): void {
  if (UPDATE) writeFileSync(file, text);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(text);
}

describe('apps/fabric.ts', () => {
  let outdir: string;
  let objects: { kind: string; metadata: { name: string; namespace?: string }; data?: Record<string, string> }[];

  const synthesize = (environment: Record<string, string>): string => {
    outdir = mkdtempSync(path.join(tmpdir(), 'fabric-'));
    const env = { ...process.env, NODE_OPTIONS: '', CDK8S_OUTDIR: outdir, ...environment };
    return execFileSync(process.execPath, [path.join(ROOT, 'node_modules/.bin/tsx'), 'apps/fabric.ts'], {
      cwd: ROOT,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  };

  beforeAll(() => {
    synthesize({ FABRIC_PROVIDER: '' });
    objects = readdirSync(outdir).flatMap((file) =>
      parseAllDocuments(readFileSync(path.join(outdir, file), 'utf8')).map((document) => document.toJS()),
    );
  });
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));

  it.each(['agents.k8s.yaml', 'gateway.k8s.yaml'])('synthesizes the reviewed %s', (file) => {
    expectGolden(path.join(MANIFESTS, file), readFileSync(path.join(outdir, file), 'utf8'));
  });

  it.each([
    ['gateway', 'agent-gateway-routes'],
    ['agent', 'support-config'],
    ['toolset', 'log-analysis-config'],
  ])('writes the golden %s.json that the runtimes’ tests start from', (name, configMap) => {
    const data = objects.find((object) => object.kind === 'ConfigMap' && object.metadata.name === configMap)?.data;
    expectGolden(path.join(DOCUMENTS, `${name}.json`), data?.[`${name}.json`] ?? '');
  });

  it('has what architecture A lists, by its names', () => {
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? '-'}/${metadata.name}`);
    for (const kind of ['ServiceAccount', 'NetworkPolicy', 'Deployment', 'Service']) {
      expect(names).toContain(`${kind} mcp-fabric-agents/support`);
      expect(names).toContain(`${kind} mcp-fabric-gateway/agent-gateway`);
    }
    expect(names).toContain('ConfigMap mcp-fabric-agents/support-config');
    expect(names).toContain('ConfigMap mcp-fabric-gateway/agent-gateway-routes');
    expect(names).toContain('Namespace -/mcp-fabric-agents');
  });
});

describe('apps/fabric.ts with a hosted provider', () => {
  it.each([
    ['anthropic', 'api.anthropic.com'],
    ['openai', 'api.openai.com'],
  ])('%s: takes its key from a Secret and warns that %s is not opened', (provider, host) => {
    const outdir = mkdtempSync(path.join(tmpdir(), 'fabric-'));
    const env = { ...process.env, NODE_OPTIONS: '', CDK8S_OUTDIR: outdir, FABRIC_PROVIDER: provider };
    const script = `"${process.execPath}" node_modules/.bin/tsx apps/fabric.ts 2>&1`;
    const output = execFileSync('sh', ['-c', script], { cwd: ROOT, env, encoding: 'utf8' });
    const manifests = readFileSync(path.join(outdir, 'agents.k8s.yaml'), 'utf8');
    rmSync(outdir, { recursive: true, force: true });
    expect(output).toContain(`[EGRESS_NOT_OPENED] agents/support: the NetworkPolicy opens no way to ${host}:443`);
    expect(manifests).toContain(`name: ${provider}-credentials`);
  });
});
