import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as agentyard from 'agentyard';
import * as cdk8s from 'cdk8s';
import { parseAllDocuments } from 'yaml';

const ROOT = path.join(__dirname, '../..');
const MANIFESTS = path.join(__dirname, 'golden/fabric');
const DOCUMENTS = path.join(ROOT, 'test/contract/golden');
let tools: agentyard.ToolSource | undefined;
const UPDATE = process.env.UPDATE_GOLDEN === '1';

/** Compares with the golden file, which a person has reviewed; UPDATE_GOLDEN=1 writes it for the next review. */
function expectGolden(file: string, text: string): void {
  if (UPDATE) writeFileSync(file, text);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(text);
}

describe('apps/fabric.ts', () => {
  let manifests: Record<string, string>;
  let objects: { kind: string; metadata: { name: string; namespace?: string }; data?: Record<string, string> }[];

  beforeAll(() => {
    manifests = synthesizedWith({ FABRIC_PROVIDER: '' });
    objects = Object.values(manifests).flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
  });

  it.each(['agents.k8s.yaml', 'gateway.k8s.yaml'])('synthesizes the reviewed %s', (file) => {
    expectGolden(path.join(MANIFESTS, file), manifests[file] ?? '');
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
  ])('%s: takes its key from a Secret, and the proxy lets it out to %s alone', (provider, host) => {
    const manifests = synthesizedWith({ FABRIC_PROVIDER: provider });
    expect(manifests['agents.k8s.yaml']).toContain(`name: ${provider}-credentials`);
    expect(manifests['egress-proxy-mcp-fabric-agents.k8s.yaml']).toContain(`"name": "${host}"`);
  });
});

/** Every profile with the engine that its users have first, and every engine. */
const CLUSTERS = [
  ['generic', 'proxy'],
  ['generic', 'cilium'],
  ['generic', 'clusterNetworkPolicy'],
  ['eks', 'proxy'],
  ['eks', 'eks'],
  ['gke', 'proxy'],
  ['gke', 'gke'],
  ['aks', 'cilium'],
  ['openshift', 'proxy'],
  ['k3s', 'proxy'],
] as const;

describe('apps/fabric.ts with a hosted provider, for every cluster and egress engine', () => {
  it.each(CLUSTERS)('%s, %s: synthesizes the reviewed manifests', (cluster, engine) => {
    const environment = { FABRIC_PROVIDER: 'anthropic', FABRIC_CLUSTER: cluster, FABRIC_EGRESS: engine };
    const manifests = synthesizedWith(environment);
    const golden = path.join(__dirname, `golden/fabric-${cluster}-${engine}`);
    if (UPDATE) mkdirSync(golden, { recursive: true });
    for (const [file, text] of Object.entries(manifests)) expectGolden(path.join(golden, file), text);
    expect(readdirSync(golden).sort()).toEqual(Object.keys(manifests).sort());
  });
});

/** The manifests of the app, by file, under some environment. */
function synthesizedWith(environment: Record<string, string>): Record<string, string> {
  const outdir = mkdtempSync(path.join(tmpdir(), 'fabric-'));
  const before = { ...process.env };
  try {
    Object.assign(process.env, { CDK8S_OUTDIR: outdir, ...environment });
    runProgram();
    const files = readdirSync(outdir);
    return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(outdir, file), 'utf8')]));
  } finally {
    process.env = before;
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Runs the program anew, with the library as it is loaded and the tools bundled once, since they are the same each time. */
function runProgram(): void {
  const bundle = agentyard.ToolSource.fromDirectory.bind(agentyard.ToolSource);
  const spy = jest.spyOn(agentyard.ToolSource, 'fromDirectory');
  spy.mockImplementation((directory) => (tools ??= bundle(directory)));
  jest.isolateModules(() => {
    jest.doMock('agentyard', () => agentyard);
    jest.doMock('cdk8s', () => cdk8s);
    jest.requireActual('../../apps/fabric');
  });
  spy.mockRestore();
}
