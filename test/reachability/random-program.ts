import { ApiObject, Chart } from 'cdk8s';
import fc from 'fast-check';
import {
  Auth,
  ApiKeys,
  ClusterDns,
  ClusterProfile,
  Credentials,
  Egress,
  Entry,
  IpFamily,
  LinkerdTransport,
  Mesh,
  Model,
  Peer,
  Port,
  RouteMatch,
  type Agent,
  type ClusterProfileOptions,
  type Connectable,
  type McpGateway,
  type Toolset,
} from 'agentyard';
import type { KubernetesObject } from 'agentyard/reachability';
import { Program } from '../constructs/program';
import { RandomPolicies } from './random-policy';

const ENGINES = ['proxy', 'cilium', 'gke', 'eks', 'clusterNetworkPolicy'] as const;
const KINDS = ['generic', 'eks', 'gke', 'aks', 'openshift', 'k3s'] as const;
const NAMESPACES = ['agents', 'tools'];
const MESHES = {
  istio: Mesh.istio(),
  linkerd: Mesh.linkerd({ outboundTransport: LinkerdTransport.TRANSPARENT }),
  'linkerd-header': Mesh.linkerd({ outboundTransport: LinkerdTransport.TRANSPORT_HEADER }),
};
type Engine = (typeof ENGINES)[number];

/** Wildcards that each engine holds. */
const WILDCARD: Record<Engine, string> = {
  proxy: '*.',
  cilium: '*.',
  gke: '*.',
  eks: '**.',
  clusterNetworkPolicy: '**.',
};
export const POSTGRES = { namespace: 'data', podLabels: { app: 'postgres' } };
export const PROMETHEUS = { namespace: 'monitoring', podLabels: { app: 'prometheus' } };
export const INGRESS = { namespace: 'ingress-nginx', podLabels: { 'app.kubernetes.io/name': 'ingress-nginx' } };
const FOREIGN_NAMESPACES = [
  'data',
  'monitoring',
  'ingress-nginx',
  'clients',
  'kube-system',
  'openshift-dns',
  'istio-system',
  'linkerd',
];
export const ISTIO = { namespace: 'istio-system', podLabels: { app: 'istiod' } };
export const LINKERD = { namespace: 'linkerd', podLabels: { 'linkerd.io/control-plane-ns': 'linkerd' } };
const DOMAINS = ['example.com', 'api.example.com', 'files.example.org'];
const PRIVATE_BLOCKS = ['10.1.2.0/24', '192.168.7.7/32', '172.20.0.0/16'];
export const CIDRS = ['10.1.0.0/16', '203.0.113.0/24', '0.0.0.0/0', '10.244.9.0/24', '2001:db8::/32'];

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const cluster = fc.record({
  engine: fc.constantFrom(...ENGINES),
  kind: fc.constantFrom(...KINDS),
  ipFamily: maybe(fc.constantFrom(...Object.values(IpFamily))),
  scraper: maybe(fc.constantFrom('pods', 'cidr')),
  mesh: maybe(fc.constantFrom('istio', 'linkerd', 'linkerd-header')),
  dns: maybe(fc.constantFrom('cache', 'other')),
  parent: maybe(fc.constantFrom('10.9.9.9', 'proxy.corp.example')),
  sharedProxy: fc.boolean(),
});

const place = fc.nat({ max: NAMESPACES.length - 1 });
const index = fc.nat({ max: 20 });
const port = fc.constantFrom(
  { first: 443 },
  { first: 5432 },
  { first: 8080 },
  { first: 8443 },
  { first: 5000, last: 6000 },
  { first: 53, udp: true },
  { first: 5000, last: 5500, udp: true },
);

const host = fc.record({
  domain: fc.constantFrom(...DOMAINS),
  wildcard: fc.boolean(),
  at: fc.constantFrom(443, 8443),
  tls: fc.boolean(),
  privateEndpoints: fc.subarray(PRIVATE_BLOCKS),
});

const connection = fc.oneof(
  { weight: 4, arbitrary: fc.record({ to: fc.constant('host' as const), host }) },
  { weight: 2, arbitrary: fc.record({ to: fc.constant('cidr' as const), cidr: fc.constantFrom(...CIDRS), port }) },
  { weight: 2, arbitrary: fc.record({ to: fc.constant('pods' as const), port }) },
  { weight: 3, arbitrary: fc.record({ to: fc.constant('construct' as const), index, port }) },
  { weight: 1, arbitrary: fc.record({ to: fc.constant('apiServer' as const) }) },
  { weight: 1, arbitrary: fc.record({ to: fc.constant('from' as const), from: fc.constantFrom('pods', ...CIDRS) }) },
);

/** What somebody else puts into the cluster beside the program. */
const beside = new RandomPolicies({
  namespaces: [...NAMESPACES, 'egress', 'data'],
  podLabels: {
    'app.kubernetes.io/name': ['agent-0', 'toolset-0', 'gateway-0', 'egress-proxy'],
    'agentyard.dev/runtime': ['agent', 'sandbox', 'gateway', 'egress-proxy'],
    app: ['postgres', 'stranger'],
  },
  namespaceLabels: { team: [...NAMESPACES, 'egress', 'data'] },
  ports: [53, 443, 5432, 8080, 8443],
  namedPorts: ['http', 'metrics'],
  blocks: [
    ...CIDRS.map((cidr): [string, string[]] => [cidr, cidr === '0.0.0.0/0' ? ['10.0.0.0/8', '203.0.113.0/25'] : []]),
    ['10.0.0.0/8', ['10.1.0.0/16']],
  ],
  domains: DOMAINS,
});

/** Policies that are enforced where an engine is. */
const POLICIES: Record<Engine, fc.Arbitrary<KubernetesObject>> = {
  proxy: fc.oneof(beside.networkPolicy(), beside.clusterNetworkPolicy()),
  cilium: beside.ciliumNetworkPolicy(),
  gke: beside.fqdnNetworkPolicy(),
  eks: beside.applicationNetworkPolicy(),
  clusterNetworkPolicy: beside.clusterNetworkPolicy(),
};

/** A program: its cluster, its constructs with the references between them by index, and further connections. */
export const randomProgram = fc.record({
  cluster,
  toolsets: fc.array(fc.record({ place }), { maxLength: 3 }),
  agents: fc.array(
    fc.record({
      place,
      tools: fc.array(index, { maxLength: 2 }),
      model: fc.constantFrom('scripted', 'scripted', 'anthropic', 'bedrock', 'address', 'served', 'private'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  gateways: fc.array(
    fc.record({
      place,
      tools: fc.array(index, { maxLength: 2 }),
      agents: fc.array(index, { maxLength: 2 }),
      entry: fc.constantFrom('pods', 'ingress', 'cidr'),
    }),
    { maxLength: 2 },
  ),
  connections: fc.array(fc.tuple(index, connection), { maxLength: 6 }),
});

/** A program, and policies that somebody else puts beside it. */
export const randomProgramAndPolicies = randomProgram.chain((program) =>
  fc.record({ program: fc.constant(program), policies: fc.array(POLICIES[program.cluster.engine], { maxLength: 3 }) }),
);

export type ProgramAndPolicies = typeof randomProgramAndPolicies extends fc.Arbitrary<infer T> ? T : never;
export type RandomProgram = typeof randomProgram extends fc.Arbitrary<infer T> ? T : never;

/** The objects that a program is synthesized to, with the namespaces that it stands in. */
export function synthesized(spec: RandomProgram): KubernetesObject[] {
  const program = new Program(NAMESPACES[0], profileOf(spec.cluster));
  const charts = [program.chart, new Chart(program.app, 'tools', { namespace: NAMESPACES[1] })];
  const toolsets = spec.toolsets.map((one, i) => program.toolset(`toolset-${i}`, {}, charts[one.place]));
  const agents = spec.agents.map((one, i) =>
    program.agent(`agent-${i}`, { tools: chosen(toolsets, one.tools), model: modelOf(one.model) }, charts[one.place]),
  );
  const gateways = spec.gateways.map((one, i) => gatewayOf(program, i, one, toolsets, agents, charts[one.place]!));
  const all: Connectable[] = [...agents, ...toolsets, ...gateways];
  for (const [i, one] of spec.connections) connect(all[i % all.length]!, one, all, spec.cluster.engine);
  const found = program.app.node.findAll();
  const faults = found.flatMap(({ node }) => node.validate());
  if (faults.length > 0) throw new Error(faults.join('\n'));
  // Past the charts, each of which would validate and resolve the whole program again.
  const objects = found.filter((one) => one instanceof ApiObject).map((one) => one.toJson() as KubernetesObject);
  return [...namespacesOf(objects), ...objects];
}

function gatewayOf(
  program: Program,
  i: number,
  { tools, agents: backends, entry }: RandomProgram['gateways'][number],
  toolsets: Toolset[],
  agents: Agent[],
  chart: Chart,
): McpGateway {
  const entries = {
    pods: Entry.fromPods({ namespace: 'clients', podLabels: { app: 'cli' } }),
    ingress: Entry.fromIngressController(INGRESS),
    cidr: Entry.fromCidr('198.51.100.0/24'),
  };
  const auth = Auth.apiKeys(ApiKeys.fromSecretName('keys'));
  const gateway = program.gateway(
    `gateway-${i}`,
    { auth, entries: [entries[entry]], tools: chosen(toolsets, tools) },
    chart,
  );
  chosen(agents, backends).forEach((agent, n) => gateway.addRoute(`route-${n}`, { match: RouteMatch.agent(agent) }));
  return gateway;
}

/** Those at the indexes, each once. */
function chosen<T>(all: readonly T[], indexes: readonly number[]): T[] {
  return all.length === 0 ? [] : [...new Set(indexes.map((i) => all[i % all.length]!))];
}

function modelOf(kind: string): Model {
  const credentials = Credentials.fromSecretName('key');
  switch (kind) {
    case 'anthropic':
      return Model.anthropic('m', { credentials });
    case 'bedrock':
      return Model.bedrock('m', { credentials, region: 'eu-west-1' });
    case 'address':
      return Model.openaiCompatible('m', { baseUrl: 'http://10.1.2.3:8000/v1' });
    case 'served':
      return Model.openaiCompatible('m', { baseUrl: 'http://vllm.data.svc:8000/v1', servedBy: Peer.pods(POSTGRES) });
    case 'private':
      return Model.anthropic('m', { credentials, privateEndpoints: [Peer.cidr('10.1.2.0/24')] });
    default:
      return Model.scripted([{ say: 'yes' }]);
  }
}

type ClusterSpec = RandomProgram['cluster'];

function profileOf(spec: ClusterSpec): ClusterProfile {
  const { kind, ipFamily, scraper, mesh, dns, parent, engine } = spec;
  const scrapers = { pods: Peer.pods(PROMETHEUS), cidr: Peer.cidr('10.77.0.0/16') };
  const resolvers = {
    cache: ClusterDns.kubeDns().withNodeLocalCache(),
    other: ClusterDns.fromPods(POSTGRES, Port.udp(5353)),
  };
  const options: ClusterProfileOptions = {
    egress: egressOf(spec),
    apiServer: { cidrs: ['10.0.0.1/32'], port: 6443 },
    ipFamily,
    metricsScraper: scraper && scrapers[scraper],
    mesh: mesh && MESHES[mesh],
    dns: dns && resolvers[dns],
    parentProxy:
      parent !== undefined && engine === 'proxy' ? { host: parent, port: 3128, cidrs: ['10.9.9.9/32'] } : undefined,
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return ClusterProfile[kind](Object.fromEntries(given));
}

function egressOf({ engine, sharedProxy }: ClusterSpec): Egress {
  switch (engine) {
    case 'proxy':
      return Egress.proxy(sharedProxy ? { namespace: 'egress' } : {});
    case 'cilium':
      return Egress.cilium();
    case 'gke':
      return Egress.gke({ dataplaneV2: true, fqdnNetworkPolicy: true });
    case 'eks':
      return Egress.eks({ autoMode: true });
    case 'clusterNetworkPolicy':
      return Egress.clusterNetworkPolicy({ experimentalChannel: true });
  }
}

type Connection = RandomProgram['connections'][number][1];

function connect(from: Connectable, one: Connection, all: readonly Connectable[], engine: Engine): void {
  const { connections } = from;
  switch (one.to) {
    case 'host': {
      const { domain, wildcard, at, tls, privateEndpoints } = one.host;
      const name = wildcard ? `${WILDCARD[engine]}${domain}` : domain;
      const peer = Peer.host(name, { tls, privateEndpoints: privateEndpoints.map((block) => Peer.cidr(block)) });
      return connections.allowTo(peer, Port.tcp(at));
    }
    case 'cidr':
      return connections.allowTo(Peer.cidr(one.cidr), portOf(one.port));
    case 'pods':
      return connections.allowTo(Peer.pods(POSTGRES), portOf(one.port));
    case 'construct':
      return connections.allowTo(all[one.index % all.length]!, portOf(one.port));
    case 'apiServer':
      return connections.allowToApiServer();
    case 'from':
      return connections.allowFrom(one.from === 'pods' ? Peer.pods(POSTGRES) : Peer.cidr(one.from));
  }
}

function portOf({ first, last, udp = false }: { first: number; last?: number; udp?: boolean }): Port {
  if (last === undefined) return udp ? Port.udp(first) : Port.tcp(first);
  return udp ? Port.udpRange(first, last) : Port.tcpRange(first, last);
}

/** Policies under names of their own. Which of two with the same priority wins is open, so they get priorities of their own, too. */
export function distinct(policies: readonly KubernetesObject[]): KubernetesObject[] {
  return policies.map((policy, i) => ({
    ...policy,
    metadata: { ...policy.metadata, name: `beside-${i}` },
    spec: policy.kind === 'ClusterNetworkPolicy' ? { ...(policy.spec as object), priority: 10 * i } : policy.spec,
  }));
}

function namespacesOf(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const names = new Set([
    ...NAMESPACES,
    ...FOREIGN_NAMESPACES,
    ...objects.map(({ metadata }) => metadata?.namespace as string | undefined),
  ]);
  return [...names]
    .filter((name) => name !== undefined)
    .map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team: name } } }));
}
