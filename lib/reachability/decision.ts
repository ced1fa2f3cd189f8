import { isolating, type AppliedPolicies, type AppliedPolicy } from './applied-policies';
import { both, type Match } from './match';
import type { Party } from './party';
import { matchPeers, matchPorts, type Direction, type PolicyRule } from './policy';
import type { Protocol } from './protocol';

/** A connection from the view of one of its ends. */
export interface Attempt {
  readonly direction: Direction;
  /** The end whose policies are asked. */
  readonly subject: Party;
  /** The other end. */
  readonly peer: Party;
  readonly port: number;
  readonly protocol: Protocol;
}

/** What one end's policies make of a connection, and why. */
export interface Decision {
  readonly allowed: boolean;
  readonly attempt: Attempt;
  readonly cause: Cause;
}

/** Why: a rule, policies that close but for other rules, the network of a node, or that nothing limits it. */
export type Cause =
  | { readonly kind: 'rule'; readonly applied: AppliedPolicy; readonly rule: PolicyRule; readonly match: Match }
  | { readonly kind: 'isolated'; readonly by: readonly AppliedPolicy[] }
  | { readonly kind: 'node'; readonly party: Party }
  | { readonly kind: 'open' };

/** What a policy of a tier with priorities may do with a connection. */
type Outcome = (Cause & { kind: 'rule' }) | 'none';

/**
 * Asks the policies of one end. Where the manifests do not tell whether a rule matches, the answer is the more open one.
 */
export function decide(attempt: Attempt, policies: AppliedPolicies): Decision {
  const node = [attempt.subject, attempt.peer].find(({ pods }) => pods?.hostNetwork === true);
  // A pod and the node that it runs on always reach each other, and it may run on any.
  if (node !== undefined) return { allowed: true, attempt, cause: { kind: 'node', party: node } };
  const [allowed, cause] = byPriority(attempt, policies.admin, 0, () => byNamespace(attempt, policies));
  return { allowed, attempt, cause };
}

type Answer = [allowed: boolean, cause: Cause];

function byPriority(
  attempt: Attempt,
  groups: readonly (readonly AppliedPolicy[])[],
  at: number,
  nextTier: () => Answer,
): Answer {
  const group = groups[at];
  if (group === undefined) return nextTier();
  const outcomes = group.map((applied) => outcomesOf(attempt, applied));
  const decided = outcomes.flat().filter((outcome) => outcome !== 'none');
  const accept = decided.find(({ rule }) => rule.action === 'allow');
  if (accept !== undefined) return [true, accept];
  const passed = decided.some(({ rule }) => rule.action === 'pass') ? nextTier() : undefined;
  if (passed?.[0] === true) return passed;
  const [first] = decided;
  if (first === undefined || outcomes.every((one) => one.includes('none'))) {
    return byPriority(attempt, groups, at + 1, nextTier);
  }
  return passed ?? [false, first];
}

/** The first rule that matches decides; of those before it that may match, each may. */
function outcomesOf(attempt: Attempt, applied: AppliedPolicy): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const rule of applied.policy.rules) {
    const match = matchRule(attempt, applied, rule);
    if (match === 'no') continue;
    outcomes.push({ kind: 'rule', applied, rule, match });
    if (match === 'yes') return outcomes;
  }
  return [...outcomes, 'none'];
}

/** The policies of namespaces add up: what any denies is denied, what any allows is allowed. */
function byNamespace(attempt: Attempt, policies: AppliedPolicies): Answer {
  let allow: Cause | undefined;
  for (const applied of policies.namespace) {
    for (const rule of applied.policy.rules) {
      if (allow !== undefined && rule.action === 'allow') continue;
      const match = matchRule(attempt, applied, rule);
      if (match === 'no') continue;
      const cause: Cause = { kind: 'rule', applied, rule, match };
      if (rule.action === 'allow') allow = cause;
      else if (match === 'yes') return [false, cause];
    }
  }
  if (allow !== undefined) return [true, allow];
  const by = isolating(policies, attempt.direction);
  if (by.length > 0) return [false, { kind: 'isolated', by }];
  return byPriority(attempt, policies.baseline, 0, () => [true, { kind: 'open' }]);
}

function matchRule(attempt: Attempt, { match }: AppliedPolicy, rule: PolicyRule): Match {
  if (rule.direction !== attempt.direction) return 'no';
  const target = attempt.direction === 'egress' ? attempt.peer : attempt.subject;
  const ports = matchPorts(rule, target, attempt.port, attempt.protocol);
  return ports === 'no' ? 'no' : both(match, both(ports, matchPeers(rule, attempt.peer)));
}
