import type { KubernetesObject } from 'agentyard/reachability';
import type { Evaluated } from '../evaluated/evaluated.js';
import type { Change } from './change.js';
import { joinedChanges } from './joined-changes.js';
import { compareFacts, type FactSheet } from './fact.js';
import { Facts } from './facts/facts.js';
import { documentFacts } from './facts/document-facts.js';
import { objectFacts } from './facts/object-facts.js';
import { roleChanges } from './facts/role-facts.js';
import { workloadFacts } from './facts/workload-facts.js';
import { networkChanges } from './reach/network-changes.js';
import { unjudgedChanges } from './unjudged.js';

/** What a change of manifests newly permits, takes away, or alters. */
export class Difference {
  public static between(before: Evaluated, after: Evaluated): Difference {
    return new Difference(
      joinedChanges([
        ...networkChanges(before, after),
        ...compareFacts(factsOf(before), factsOf(after)),
        ...roleChanges(before.objects, after.objects),
        ...unjudgedChanges(before, after),
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

function factsOf(evaluated: Evaluated): FactSheet {
  const { objects, platform } = evaluated;
  const accounts = new Map(
    objects.filter(({ kind }) => kind === 'ServiceAccount').map((object) => [placeOf(object), object]),
  );
  return Facts.joined([
    ...platform.workloads.flatMap((workload) => {
      const told = evaluated.documentOf(workload);
      return told === undefined ? [] : [documentFacts(`${workload.namespace}/${workload.name}`, told)];
    }),
    ...objects.flatMap((object) => {
      const namespace = String(object.metadata?.namespace);
      return [
        workloadFacts(placeOf(object), object, (name) => accounts.get(`${namespace}/${name}`)),
        objectFacts(placeOf(object), object),
      ];
    }),
  ]);
}

function placeOf({ metadata }: KubernetesObject): string {
  const name = String(metadata?.name);
  return metadata?.namespace === undefined ? name : `${metadata.namespace as string}/${name}`;
}
