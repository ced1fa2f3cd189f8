import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { expectGolden, expectGoldenFolder } from './golden';
import { synthesis } from './synthesis';

const ROOT = path.join(__dirname, '../..');
const FABRIC = path.join(ROOT, 'apps/fabric.ts');
const MANIFESTS = path.join(__dirname, 'golden/fabric');
const DOCUMENTS = path.join(ROOT, 'test/contract/golden');

describe('apps/fabric.ts', () => {
  let manifests: Record<string, string>;
  let objects: { kind: string; metadata: { name: string; namespace?: string }; data?: Record<string, string> }[];

  beforeAll(() => {
    manifests = synthesis(FABRIC, { FABRIC_PROVIDER: '' });
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
    const manifests = synthesis(FABRIC, { FABRIC_PROVIDER: provider });
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
    expectGoldenFolder(path.join(__dirname, `golden/fabric-${cluster}-${engine}`), synthesis(FABRIC, environment));
  });
});
