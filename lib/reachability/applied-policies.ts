import type { AddressSet } from './address-set';
import { SelectorIndex } from './label-index';
import type { Match } from './match';
import type { Pods } from './pods';
import type { Direction, Policy } from './policy';

/** A policy that is, or may be, about given pods. */
export interface AppliedPolicy {
  readonly policy: Policy;
  readonly match: Match;
}

/** The policies that are about given pods, in the order in which tiers decide. */
export interface AppliedPolicies {
  /** By priority; policies of one priority stand together, since no order among them is defined. */
  readonly admin: readonly (readonly AppliedPolicy[])[];
  readonly namespace: readonly AppliedPolicy[];
  readonly baseline: readonly (readonly AppliedPolicy[])[];
}

const NONE: AppliedPolicies = { admin: [], namespace: [], baseline: [] };

/** Finds the policies that are about pods. */
export class PolicyFinder {
  private readonly index: SelectorIndex<Policy>;
  private readonly found = new WeakMap<Pods, AppliedPolicies>();
  private readonly sets = {
    egress: new WeakMap<AppliedPolicies, readonly AddressSet[]>(),
    ingress: new WeakMap<AppliedPolicies, readonly AddressSet[]>(),
  };

  public constructor(policies: readonly Policy[]) {
    this.index = new SelectorIndex(policies, ({ subject }) => subject.lookup());
  }

  /** @param pods undefined for what is no pod, which no policy is about */
  public about(pods: Pods | undefined): AppliedPolicies {
    if (pods === undefined || pods.hostNetwork) return NONE;
    const found = this.found.get(pods) ?? this.find(pods);
    this.found.set(pods, found);
    return found;
  }

  /** Sets of addresses that rules for a direction tell apart. */
  public addressSets(policies: AppliedPolicies, direction: Direction): readonly AddressSet[] {
    const known = this.sets[direction].get(policies);
    if (known !== undefined) return known;
    const sets = everyPolicy(policies).flatMap(({ policy }) =>
      policy.rules.flatMap((rule) =>
        rule.direction === direction ? (rule.peers ?? []).flatMap(({ addresses }) => addresses ?? []) : [],
      ),
    );
    this.sets[direction].set(policies, sets);
    return sets;
  }

  private find(pods: Pods): AppliedPolicies {
    const applied = this.index.candidates(pods).flatMap((policy): AppliedPolicy[] => {
      const match = policy.subject.match(pods);
      return match === 'no' ? [] : [{ policy, match }];
    });
    return {
      admin: byPriority(applied.filter(({ policy }) => policy.tier === 'Admin')),
      namespace: applied.filter(({ policy }) => policy.tier === 'Namespace').sort(byTitle),
      baseline: byPriority(applied.filter(({ policy }) => policy.tier === 'Baseline')),
    };
  }
}

/** All of them, whatever their tier. */
export function everyPolicy({ admin, namespace, baseline }: AppliedPolicies): AppliedPolicy[] {
  return [...admin.flat(), ...namespace, ...baseline.flat()];
}

/** The policies that close a direction but for what they allow. */
export function isolating({ namespace }: AppliedPolicies, direction: Direction): AppliedPolicy[] {
  return namespace.filter(({ policy, match }) => match === 'yes' && policy.isolates.includes(direction));
}

function byPriority(applied: readonly AppliedPolicy[]): AppliedPolicy[][] {
  const groups = new Map<number, AppliedPolicy[]>();
  for (const one of [...applied].sort(byTitle)) {
    groups.set(one.policy.priority, [...(groups.get(one.policy.priority) ?? []), one]);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function byTitle(a: AppliedPolicy, b: AppliedPolicy): number {
  return a.policy.title < b.policy.title ? -1 : a.policy.title > b.policy.title ? 1 : 0;
}
