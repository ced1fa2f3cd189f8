import fc from 'fast-check';
import type { KubernetesObject } from 'agentyard/reachability';

/** What policies of a platform may name. */
export interface Names {
  readonly namespaces: readonly string[];
  /** Labels of pods, by key. */
  readonly podLabels: Readonly<Record<string, readonly string[]>>;
  /** Labels of namespaces, by key. */
  readonly namespaceLabels: Readonly<Record<string, readonly string[]>>;
  readonly ports: readonly number[];
  readonly namedPorts: readonly string[];
  /** Blocks, each with parts that may be left out of it. */
  readonly blocks: readonly (readonly [cidr: string, parts: readonly string[]])[];
  readonly domains: readonly string[];
}

type Policy = fc.Arbitrary<KubernetesObject>;

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

/** Policies of each kind, of every form that its API admits, as far as they name nothing but names given. */
export class RandomPolicies {
  private readonly podSelector;
  private readonly namespaceSelector;
  private readonly block;
  private readonly port;

  public constructor(private readonly names: Names) {
    this.podSelector = selector(names.podLabels);
    this.namespaceSelector = fc.oneof(
      selector(names.namespaceLabels),
      fc.constantFrom(...names.namespaces).map((name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
    );
    this.block = fc
      .constantFrom(...names.blocks)
      .chain(([cidr, parts]) =>
        fc.subarray([...parts]).map((except) => (except.length === 0 ? { cidr } : { cidr, except })),
      );
    this.port = fc.constantFrom(...names.ports);
  }

  public networkPolicy(): Policy {
    return this.policyOfNamespace('networking.k8s.io/v1', 'NetworkPolicy', this.networkPolicySpec(this.peer()));
  }

  /** Of EKS. */
  public applicationNetworkPolicy(): Policy {
    const spec = this.networkPolicySpec(fc.oneof(this.peer(), this.domainNames()));
    return this.policyOfNamespace('networking.k8s.aws/v1alpha1', 'ApplicationNetworkPolicy', spec);
  }

  /** Of GKE. */
  public fqdnNetworkPolicy(): Policy {
    const domain = fc.constantFrom(...this.names.domains);
    const match = fc.oneof(
      fc.record({ name: domain }),
      fc.record({
        pattern: fc.oneof(
          domain.map((name) => `*.${name}`),
          domain.map((name) => `*.*.${name}`),
        ),
      }),
    );
    const port = fc.record({ protocol: fc.constantFrom('TCP', 'UDP', 'ALL'), port: this.port }, { requiredKeys: [] });
    const rule = fc.record(
      { matches: fc.array(match, { minLength: 1, maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) },
      { requiredKeys: ['matches'] },
    );
    const spec = fc.record({ podSelector: this.podSelector, egress: fc.array(rule, { minLength: 1, maxLength: 2 }) });
    return this.policyOfNamespace('networking.gke.io/v1alpha1', 'FQDNNetworkPolicy', spec);
  }

  /** Of Cilium. */
  public ciliumNetworkPolicy(): Policy {
    const rules = (direction: 'from' | 'to', denies: boolean) =>
      fc.array(this.ciliumRule(direction, denies), { minLength: 1, maxLength: 2 });
    const spec = fc
      .record(
        {
          ingress: rules('from', false),
          egress: rules('to', false),
          ingressDeny: rules('from', true),
          egressDeny: rules('to', true),
        },
        { requiredKeys: [] },
      )
      .filter((directions) => Object.keys(directions).length > 0)
      .chain((directions) => this.podSelector.map((endpointSelector) => ({ endpointSelector, ...directions })));
    return this.policyOfNamespace('cilium.io/v2', 'CiliumNetworkPolicy', spec);
  }

  /** Of the tiers before and after those of namespaces. Its priority must be made its own: which of equals wins is open. */
  public clusterNetworkPolicy(): Policy {
    const pods = fc.record({ namespaceSelector: this.namespaceSelector, podSelector: this.podSelector });
    const selected = fc.oneof(fc.record({ namespaces: this.namespaceSelector }), fc.record({ pods }));
    const spec = fc.constantFrom('Admin', 'Baseline').chain((tier) => {
      // The API takes names only to accept them, and in the Admin tier.
      const to = (action: string) =>
        tier === 'Admin' && action === 'Accept'
          ? fc.oneof(selected, this.networks(), this.domainNames())
          : fc.oneof(selected, this.networks());
      return fc.record(
        {
          tier: fc.constant(tier),
          priority: fc.nat({ max: 999 }),
          subject: selected,
          ingress: fc.array(
            this.clusterRule('from', () => selected),
            { maxLength: 2 },
          ),
          egress: fc.array(this.clusterRule('to', to), { maxLength: 2 }),
        },
        { requiredKeys: ['tier', 'priority', 'subject'] },
      );
    });
    // No way out at all: what administrators do, and what chance hardly ever makes of the rules above.
    const everywhere = { action: 'Deny', to: [{ networks: ['0.0.0.0/0', '::/0'] }] };
    const lockdown = fc.record({
      tier: fc.constantFrom('Admin', 'Baseline'),
      priority: fc.nat({ max: 999 }),
      subject: selected,
      egress: fc.constant([everywhere]),
    });
    return fc.oneof({ weight: 3, arbitrary: spec }, { weight: 1, arbitrary: lockdown }).map((one) => ({
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name: 'policy' },
      spec: one,
    }));
  }

  private policyOfNamespace(apiVersion: string, kind: string, spec: fc.Arbitrary<unknown>): Policy {
    return fc
      .record({ namespace: fc.constantFrom(...this.names.namespaces), spec })
      .map(({ namespace, spec: own }) => ({ apiVersion, kind, metadata: { name: 'policy', namespace }, spec: own }));
  }

  private networkPolicySpec(egressPeer: fc.Arbitrary<unknown>) {
    return fc.record(
      {
        podSelector: this.podSelector,
        policyTypes: fc.subarray(['Ingress', 'Egress']),
        ingress: fc.array(this.networkPolicyRule('from', this.peer()), { maxLength: 2 }),
        egress: fc.array(this.networkPolicyRule('to', egressPeer), { maxLength: 2 }),
      },
      { requiredKeys: ['podSelector'] },
    );
  }

  private networkPolicyRule(peers: 'from' | 'to', peer: fc.Arbitrary<unknown>) {
    const parts = { [peers]: fc.array(peer, { maxLength: 3 }), ports: fc.array(this.policyPort(), { maxLength: 3 }) };
    return fc.record(parts, { requiredKeys: [] });
  }

  private peer() {
    const { podSelector, namespaceSelector, block } = this;
    return fc.oneof(
      fc.record({ podSelector }),
      fc.record({ namespaceSelector }),
      fc.record({ podSelector, namespaceSelector }),
      fc.record({ ipBlock: block }),
    );
  }

  /** A port of a rule: a number, a name, a range, all of a protocol, or all of TCP. */
  private policyPort() {
    const protocol = fc.constantFrom(...PROTOCOLS);
    const named = fc.constantFrom(...this.names.namedPorts);
    return fc.oneof(
      { weight: 3, arbitrary: fc.record({ port: this.port, protocol }, { requiredKeys: ['port'] }) },
      { weight: 2, arbitrary: fc.record({ port: named, protocol }, { requiredKeys: ['port'] }) },
      {
        weight: 2,
        arbitrary: this.range().chain(([port, endPort]) =>
          fc.record({ port: fc.constant(port), endPort: fc.constant(endPort), protocol }),
        ),
      },
      { weight: 1, arbitrary: fc.record({ protocol }, { requiredKeys: [] }) },
    );
  }

  private range() {
    return fc
      .tuple(this.port, this.port)
      .map(([one, two]): [number, number] => [Math.min(one, two), Math.max(one, two)]);
  }

  private ciliumRule(direction: 'from' | 'to', denies: boolean) {
    const { namespaces, domains } = this.names;
    const inNamespace = fc.constantFrom(...namespaces).map((name) => ({ 'k8s:io.kubernetes.pod.namespace': name }));
    const endpoint = fc.oneof(
      this.podSelector,
      inNamespace.map((matchLabels) => ({ matchLabels })),
      fc
        .tuple(inNamespace, labels(this.names.podLabels))
        .map(([one, two]) => ({ matchLabels: { ...one, ...prefixed(two) } })),
    );
    const domain = fc.constantFrom(...domains);
    const name = fc.oneof(
      fc.record({ matchName: domain }),
      fc.record({ matchPattern: domain.map((one) => `*.${one}`) }),
    );
    const list = (one: fc.Arbitrary<unknown>) => fc.array(one, { minLength: 1, maxLength: 2 });
    const peers: [string, fc.Arbitrary<unknown>][] = [
      [`${direction}Endpoints`, list(endpoint)],
      [`${direction}CIDR`, list(fc.constantFrom(...this.names.blocks).map(([cidr]) => cidr))],
      [`${direction}CIDRSet`, list(this.block)],
      [`${direction}Entities`, list(fc.constantFrom('world', 'cluster', 'all'))],
      ...(direction === 'to' && !denies ? ([['toFQDNs', list(name)]] as [string, fc.Arbitrary<unknown>][]) : []),
    ];
    const ports = fc.record({ toPorts: list(this.ciliumPorts()) }, { requiredKeys: [] });
    const peer = fc.oneof(...peers.map(([field, value]) => fc.record({ [field]: value })), fc.constant({}));
    return fc.tuple(peer, ports).map(([one, at]) => ({ ...one, ...at }));
  }

  private ciliumPorts() {
    const protocol = fc.constantFrom(...PROTOCOLS, 'ANY');
    const one = fc.oneof(
      fc.record({ port: this.port.map(String), protocol }, { requiredKeys: ['port'] }),
      fc.record({ port: fc.constantFrom(...this.names.namedPorts), protocol: fc.constantFrom('TCP', 'UDP') }),
      this.range()
        .filter(([first, last]) => first < last)
        .chain(([port, endPort]) =>
          fc.record({ port: fc.constant(String(port)), endPort: fc.constant(endPort), protocol }),
        ),
    );
    return fc.record({ ports: fc.array(one, { minLength: 1, maxLength: 2 }) });
  }

  private clusterRule(peers: 'from' | 'to', peerFor: (action: string) => fc.Arbitrary<unknown>) {
    return fc.constantFrom('Accept', 'Deny', 'Pass').chain((action) =>
      fc.record(
        {
          action: fc.constant(action),
          [peers]: fc.array(peerFor(action), { minLength: 1, maxLength: 2 }),
          protocols: fc.array(this.clusterPort(), { minLength: 1, maxLength: 2 }),
        },
        { requiredKeys: ['action', peers] },
      ),
    );
  }

  private networks() {
    const cidr = fc.constantFrom(...this.names.blocks).map(([one]) => one);
    return fc.record({ networks: fc.uniqueArray(cidr, { minLength: 1, maxLength: 2 }) });
  }

  private domainNames() {
    const domain = fc
      .tuple(fc.constantFrom('', '*.'), fc.constantFrom(...this.names.domains))
      .map((parts) => parts.join(''));
    return fc.record({ domainNames: fc.uniqueArray(domain, { minLength: 1, maxLength: 2 }) });
  }

  private clusterPort() {
    const destinationPort = fc.oneof(
      this.port.map((number) => ({ number })),
      this.range()
        .filter(([start, end]) => start < end)
        .map(([start, end]) => ({ range: { start, end } })),
    );
    return fc
      .constantFrom('tcp', 'udp', 'sctp')
      .chain((protocol) => fc.record({ [protocol]: fc.record({ destinationPort }) }));
  }
}

function labels(values: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<Record<string, string | undefined>> {
  const keys = Object.fromEntries(Object.entries(values).map(([key, all]) => [key, fc.constantFrom(...all)]));
  return fc.record(keys, { requiredKeys: [] });
}

/** A selector of labels; the empty one among them. */
function selector(values: Readonly<Record<string, readonly string[]>>) {
  const key = fc.constantFrom(...Object.keys(values));
  const requirement = fc.oneof(
    key.chain((one) =>
      fc.record({
        key: fc.constant(one),
        operator: fc.constantFrom('In', 'NotIn'),
        values: fc.uniqueArray(fc.constantFrom(...values[one]!), { minLength: 1, maxLength: 2 }),
      }),
    ),
    fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
  );
  const one = key.chain((name) => fc.record({ [name]: fc.constantFrom(...values[name]!) }));
  const parts = { matchLabels: labels(values), matchExpressions: fc.array(requirement, { maxLength: 2 }) };
  // One requirement alone, too, so that selectors often do select something.
  return fc.oneof(
    fc.record({ matchLabels: one }),
    fc.record({ matchExpressions: requirement.map((alone) => [alone]) }),
    fc.record(parts, { requiredKeys: [] }),
  );
}

function prefixed<T>(all: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [`k8s:${key}`, value]));
}
