import type { Evaluated } from '../evaluated/evaluated.js';
import { callChanges } from './calls/call-change.js';
import { callLines } from './calls/call-lines.js';
import { withoutTold } from './calls/told-facts.js';
import type { Change } from './change.js';
import { compareFacts } from './fact.js';
import { allFacts } from './facts/all-facts.js';
import { roleChanges } from './facts/role-facts.js';
import { joinedChanges } from './joined-changes.js';
import { Places } from './places.js';
import { networkChanges } from './reach/network-changes.js';
import { unjudgedChanges } from './unjudged/unjudged.js';

/** What a change of manifests newly permits, takes away, or alters. */
export class Difference {
  public static between(before: Evaluated, after: Evaluated): Difference {
    const places = new Places([...before.objects, ...after.objects]);
    const calls = callChanges(before.calls, after.calls);
    const gateways = new Set([before, after].flatMap((side) => side.calls.gateways));
    const facts = compareFacts(allFacts(before, places), allFacts(after, places));
    return new Difference(
      joinedChanges([
        ...callLines(calls, gateways.size > 1),
        ...networkChanges(before, after, places),
        ...withoutTold(facts, calls, { '+': after, '-': before }),
        ...roleChanges(before.objects, after.objects),
        ...unjudgedChanges(before, after, places),
      ]),
    );
  }

  private constructor(public readonly changes: readonly Change[]) {}

  /** Whether anything is newly permitted. */
  public get widened(): boolean {
    return this.count('+') > 0;
  }

  public count(sign: Change['sign']): number {
    return this.changes.filter((change) => change.sign === sign).length;
  }
}
