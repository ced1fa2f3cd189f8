import { ApiObject, Chart } from 'cdk8s';
import fc from 'fast-check';
import {
  ApiKeys,
  Auth,
  ClusterProfile,
  Credentials,
  Egress,
  Entry,
  IpFamily,
  Model,
  Peer,
  Port,
  type Connectable,
} from 'agentyard';
import type { KubernetesObject } from 'agentyard/reachability';
import { Program } from '../constructs/program';
import { DOMAINS, LABELS, SERVER_PORTS } from './random-internet';

const NAMESPACES = ['agents', 'tools', 'dev'];
const PRIVATE_BLOCKS = ['10.1.2.0/24', '10.0.0.0/8', '172.20.0.0/16', '192.168.7.7/32', '100.64.0.0/10'].concat([
  'fd99:1::/32',
  '64:ff9b::/96',
]);

/** The company's proxy, by its name and by its address. */
export const PARENT = { name: 'proxy.corp.test', address: '10.9.0.20', port: 3128 } as const;

/** A host that a workload is to reach. */
export interface DeclaredHost {
  readonly name: string;
  readonly port: number;
  readonly tls: boolean;
  /** Where it may lead although that is private. */
  readonly privateBlocks: readonly string[];
}

interface WorkloadSpec {
  readonly kind: 'agent' | 'toolset' | 'gateway';
  /** Index of its namespace. */
  readonly place: number;
  /** Index of the list that it has, perhaps together with others. */
  readonly list?: number;
  /** Hosts beside those of the list. */
  readonly hosts: readonly DeclaredHost[];
  /** Where the model of an agent is. */
  readonly model?: DeclaredHost;
  /** Addresses that it reaches without the proxy. */
  readonly block?: { readonly cidr: string; readonly port: number };
}

/** A program whose workloads reach hosts through `Egress.proxy()`. */
export interface ProxiedProgram {
  readonly cluster: {
    readonly kind: 'generic' | 'eks' | 'openshift' | 'k3s';
    readonly ipFamily?: IpFamily;
    /** How the company's proxy is called. */
    readonly parent?: 'name' | 'address';
    readonly sharedProxy: boolean;
    readonly portSalt?: string;
  };
  readonly lists: readonly (readonly DeclaredHost[])[];
  readonly workloads: readonly WorkloadSpec[];
}

/** One of `share` has a value. */
const maybe = <T>(value: fc.Arbitrary<T>, share: number) =>
  fc.oneof({ weight: share - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const cluster: fc.Arbitrary<ProxiedProgram['cluster']> = fc.record({
  kind: fc.constantFrom('generic', 'eks', 'openshift', 'k3s'),
  ipFamily: maybe(fc.constantFrom(...Object.values(IpFamily)), 2),
  parent: maybe(fc.constantFrom('name', 'address'), 5),
  sharedProxy: fc.boolean(),
  portSalt: maybe(fc.constantFrom('1', '2'), 4),
});

const exactName = fc
  .tuple(fc.constantFrom(...DOMAINS), fc.array(fc.constantFrom(...LABELS), { maxLength: 2 }))
  .map(([domain, labels]) => [...labels, domain].join('.'));
const wildcard = fc
  .tuple(fc.constantFrom(...DOMAINS), maybe(fc.constantFrom(...LABELS), 2))
  .map(([domain, label]) => ['*', ...(label === undefined ? [] : [label]), domain].join('.'));

const hostOf = (name: fc.Arbitrary<string>): fc.Arbitrary<DeclaredHost> =>
  fc.record({
    name,
    port: fc.oneof(fc.constant(SERVER_PORTS[0]), fc.constantFrom(...SERVER_PORTS)),
    tls: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    privateBlocks: fc.oneof(fc.constant<string[]>([]), fc.subarray(PRIVATE_BLOCKS)),
  });
const host = hostOf(fc.oneof({ weight: 3, arbitrary: exactName }, { weight: 2, arbitrary: wildcard }));

const model = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: hostOf(fc.constant('api.anthropic.com')).map((one) => ({ ...one, port: 443, tls: true })) },
  { weight: 1, arbitrary: hostOf(exactName) },
);

const block = fc.record({
  cidr: fc.constantFrom('198.51.100.0/24', '10.1.0.0/16', '203.0.113.20/32', '2001:db8::/32'),
  port: fc.constantFrom(...SERVER_PORTS),
});

const workload: fc.Arbitrary<WorkloadSpec> = fc.record({
  kind: fc.constantFrom('agent', 'agent', 'toolset', 'gateway'),
  place: fc.nat({ max: NAMESPACES.length - 1 }),
  list: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  hosts: fc.array(host, { maxLength: 2 }),
  model,
  block: maybe(block, 8),
});

/** Programs, some of whose workloads have the same list as others. */
export const randomProxiedProgram: fc.Arbitrary<ProxiedProgram> = fc.record({
  cluster,
  lists: fc.array(fc.array(host, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
  workloads: fc.array(workload, { minLength: 1, maxLength: 4 }),
});

/** The hosts that a workload of a program is to reach. */
export function declaredHosts(program: ProxiedProgram, index: number): readonly DeclaredHost[] {
  const spec = program.workloads[index]!;
  const model = spec.kind === 'agent' && spec.model !== undefined ? [spec.model] : [];
  return [...peersOf(program, spec), ...model];
}

/** What a workload of a program is called. */
export function workloadName({ workloads }: ProxiedProgram, index: number): { namespace: string; name: string } {
  const { kind, place } = workloads[index]!;
  return { namespace: NAMESPACES[place]!, name: `${kind}-${index}` };
}

/** The objects that a program is synthesized to. */
export function proxiedObjects(spec: ProxiedProgram): KubernetesObject[] {
  const program = new Program(NAMESPACES[0], profileOf(spec.cluster));
  const [, ...others] = NAMESPACES;
  const charts = [program.chart, ...others.map((namespace) => new Chart(program.app, namespace, { namespace }))];
  spec.workloads.forEach((one, i) => {
    const { name } = workloadName(spec, i);
    const made = construct(program, one, name, charts[one.place]!);
    for (const peer of peersOf(spec, one)) made.connections.allowTo(hostPeer(peer), Port.tcp(peer.port));
    if (one.block !== undefined) made.connections.allowTo(Peer.cidr(one.block.cidr), Port.tcp(one.block.port));
  });
  const found = program.app.node.findAll();
  const faults = found.flatMap(({ node }) => node.validate());
  if (faults.some((fault) => fault.includes('EGRESS_PORT_COLLISION'))) return proxiedObjects(withOtherPorts(spec));
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return found.filter((one) => one instanceof ApiObject).map((one) => one.toJson() as KubernetesObject);
}

/** The hosts that a workload names itself, beside that of its model. */
function peersOf({ lists }: ProxiedProgram, { list, hosts }: WorkloadSpec): readonly DeclaredHost[] {
  return list === undefined ? hosts : [...(lists[list % lists.length] ?? []), ...hosts];
}

/** What the fault tells to do about two lists with the same port. */
function withOtherPorts({ cluster: facts, ...spec }: ProxiedProgram): ProxiedProgram {
  return { ...spec, cluster: { ...facts, portSalt: `${facts.portSalt ?? ''}+` } };
}

function construct(program: Program, { kind, model: called }: WorkloadSpec, id: string, chart: Chart): Connectable {
  switch (kind) {
    case 'agent':
      return program.agent(id, { model: modelOf(called) }, chart);
    case 'toolset':
      return program.toolset(id, {}, chart);
    case 'gateway': {
      const entries = [Entry.fromPods({ namespace: 'clients', podLabels: { app: 'cli' } })];
      return program.gateway(id, { auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')), entries }, chart);
    }
  }
}

function modelOf(called: WorkloadSpec['model']): Model {
  if (called === undefined) return Model.scripted([{ say: 'yes' }]);
  const { name, port, tls, privateBlocks } = called;
  const privateEndpoints = privateBlocks.map((cidr) => Peer.cidr(cidr));
  const credentials = Credentials.fromSecretName('key');
  if (name === 'api.anthropic.com' && port === 443 && tls)
    return Model.anthropic('m', { credentials, privateEndpoints });
  const baseUrl = `${tls ? 'https' : 'http'}://${name}:${port}/v1`;
  return Model.openaiCompatible('m', { baseUrl, credentials, privateEndpoints });
}

function hostPeer({ name, tls, privateBlocks }: DeclaredHost): Peer {
  return Peer.host(name, { tls, privateEndpoints: privateBlocks.map((cidr) => Peer.cidr(cidr)) });
}

function profileOf({ kind, ipFamily, parent, sharedProxy, portSalt }: ProxiedProgram['cluster']): ClusterProfile {
  const { address, port } = PARENT;
  const options = {
    egress: Egress.proxy({ ...(sharedProxy && { namespace: 'egress' }), ...(portSalt !== undefined && { portSalt }) }),
    ...(ipFamily !== undefined && { ipFamily }),
    ...(parent !== undefined && { parentProxy: { host: PARENT[parent], port, cidrs: [`${address}/32`] } }),
  };
  return ClusterProfile[kind](options);
}
