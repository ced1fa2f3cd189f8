import type { AddressSet } from './address-set';
import { everyPolicy, isolating, PolicyFinder, type AppliedPolicies } from './applied-policies';
import { decide, type Decision } from './decision';
import { PodIndex } from './label-index';
import { LabelSelector } from './label-selector';
import type { Namespaces } from './namespaces';
import type { Party } from './party';
import type { PartySpace } from './peer';
import { matchPeers, type Direction, type Policy } from './policy';
import type { Protocol } from './protocol';
import { reason } from './reason';
import type { Service } from './service';
import type { Workload } from './workload';

/** What a network consists of. */
export interface NetworkParts {
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly policies: readonly Policy[];
  readonly namespaces: Namespaces;
  readonly clusterAddresses: AddressSet;
  readonly clusterDomain: string;
}

/** Whether two ends are connected, and why. */
export interface Connection {
  readonly allowed: boolean;
  readonly because: () => string[];
}

/** Workloads, and the policies between them. */
export class Network implements PartySpace {
  public readonly namespaces: Namespaces;
  public readonly clusterAddresses: AddressSet;
  public readonly clusterDomain: string;
  /** The workloads as ends of connections. */
  public readonly parties: readonly Party[];
  /** Those of them that use the network of their node. */
  public readonly onNodes: readonly Party[];
  private readonly finder: PolicyFinder;
  private readonly index: PodIndex<Party>;
  private readonly byWorkload: ReadonlyMap<Workload, Party>;

  public constructor({ workloads, services, policies, ...space }: NetworkParts) {
    this.namespaces = space.namespaces;
    this.clusterAddresses = space.clusterAddresses;
    this.clusterDomain = space.clusterDomain;
    this.finder = new PolicyFinder(policies);
    const hostNames = new Map(workloads.map((workload): [Workload, string[]] => [workload, []]));
    this.parties = workloads.map((workload) => ({
      title: workload.title,
      workload,
      pods: workload.pods,
      hostNames: hostNames.get(workload) ?? [],
      addresses: this.clusterAddresses,
    }));
    this.onNodes = this.parties.filter(({ pods }) => pods?.hostNetwork === true);
    this.byWorkload = new Map(workloads.map((workload, i) => [workload, this.parties[i] as Party]));
    this.index = new PodIndex(this.parties, ({ pods }) => pods);
    for (const service of services) {
      const host = this.serviceHost(service.name, service.namespace);
      for (const { workload } of this.partiesOf(service)) hostNames.get(workload as Workload)?.push(host);
    }
  }

  /** A workload as an end of connections; undefined if it is not of this network. */
  public party(workload: Workload): Party | undefined {
    return this.byWorkload.get(workload);
  }

  /** The workloads that a Service leads to. */
  public partiesOf({ namespace, selector }: Service): Party[] {
    if (selector === undefined) return [];
    const labels = LabelSelector.ofLabels(selector);
    const candidates = this.index.candidates({ namespace, pairs: labels.pairs });
    return candidates.filter(({ pods }) => pods !== undefined && labels.match(pods.labels) !== 'no');
  }

  /** Workloads among which are all that a lookup may mean. */
  public candidates(...lookup: Parameters<PodIndex<Party>['candidates']>): readonly Party[] {
    return this.index.candidates(...lookup);
  }

  /** The name of a Service as DNS has it. */
  public serviceHost(name: string, namespace: string): string {
    return `${name}.${namespace}.svc.${this.clusterDomain}`;
  }

  public policiesAbout({ pods }: Party): AppliedPolicies {
    return this.finder.about(pods);
  }

  /** Asks both ends; both must allow it. */
  public connect(from: Party, to: Party, port: number, protocol: Protocol): Connection {
    const egress = this.decide('egress', from, to, port, protocol);
    if (!egress.allowed) return { allowed: false, because: () => [reason(egress)] };
    const ingress = this.decide('ingress', to, from, port, protocol);
    if (!ingress.allowed) return { allowed: false, because: () => [reason(ingress)] };
    return {
      allowed: true,
      because: () => [...new Set([egress, ingress].filter(isTelling).map(reason))],
    };
  }

  /** Whether there may be a port at which they are connected; cheaper than to ask for each. */
  public mayConnect(from: Party, to: Party): boolean {
    if (from.pods?.hostNetwork === true || to.pods?.hostNetwork === true) return true;
    return this.hasOpening('egress', from, to) && this.hasOpening('ingress', to, from);
  }

  private hasOpening(direction: Direction, subject: Party, peer: Party): boolean {
    const policies = this.policiesAbout(subject);
    if (isolating(policies, direction).length === 0) return true;
    return everyPolicy(policies).some(({ policy }) =>
      policy.rules.some(
        (rule) => rule.direction === direction && rule.action === 'allow' && matchPeers(rule, peer) !== 'no',
      ),
    );
  }

  private decide(direction: Direction, subject: Party, peer: Party, port: number, protocol: Protocol): Decision {
    const policies = this.policiesAbout(subject);
    let closed: Decision | undefined;
    for (const part of this.parts(policies, direction, peer)) {
      const decision = decide({ direction, subject, peer: part, port, protocol }, policies);
      // An end whose address is not known is reached if it is at any address that it may have.
      if (decision.allowed) return withDoubt(decision, peer);
      closed ??= decision;
    }
    return closed ?? decide({ direction, subject, peer, port, protocol }, policies);
  }

  /** An end at the addresses that rules tell apart. */
  private parts(policies: AppliedPolicies, direction: Direction, peer: Party): Party[] {
    const { addresses } = peer;
    const sets = this.finder.addressSets(policies, direction);
    const dividing = sets.filter((set) => set.intersects(addresses) && !set.contains(addresses));
    return dividing.length === 0 ? [peer] : addresses.splitBy(dividing).map((part) => ({ ...peer, addresses: part }));
  }
}

/** What is allowed at some of the addresses that an end may have may be allowed. */
function withDoubt(decision: Decision, peer: Party): Decision {
  const { cause } = decision;
  if (cause.kind !== 'rule' || matchPeers(cause.rule, peer) !== 'maybe') return decision;
  return { ...decision, cause: { ...cause, match: 'maybe' } };
}

/** Of what is not of the program, it is no news that no policy limits it. */
function isTelling({ attempt, cause }: Decision): boolean {
  return attempt.subject.workload !== undefined || cause.kind !== 'open';
}
