import type { Evaluated } from '../evaluated/evaluated.js';
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
    return new Difference(
      joinedChanges([
        ...networkChanges(before, after, places),
        ...compareFacts(allFacts(before, places), allFacts(after, places)),
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
