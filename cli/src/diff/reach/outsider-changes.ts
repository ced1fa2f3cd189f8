import type { Change } from '../change.js';
import { Participant } from './participant.js';
import { participantChanges, workloadChanges } from './participant-changes.js';
import type { PodClass } from './pod-class.js';
import { podClasses } from './pod-classes.js';
import type { Scenes } from './scenes.js';
import { DIRECTIONS, type Direction } from './side.js';

/** So many are looked at with all combinations of their labels; each is asked about all others. */
const MOST_CLASSES = 20;

/** What is told of a workload. */
export interface Told {
  readonly who: Participant;
  readonly changes: readonly Change[];
}

/**
 * What policies change for pods that are not of the program. What the pods of a workload show, which have all of their
 * labels and more, is not told again.
 */
export function outsiderChanges(workloads: readonly Told[], scenes: Scenes): Change[] {
  const { policies } = scenes;
  const changed = policies.beyondWorkloads(policies.changed.map(({ subject }) => subject));
  const all = policies.beyondWorkloads(policies.all.map(({ subject }) => subject));
  const told: { pods: PodClass; text: string }[] = [];
  return podClasses(changed, all, MOST_CLASSES)
    .filter((pods) => !policies.isOfWorkload(pods) && policies.mayHaveChangedFor(pods))
    .flatMap((pods) => {
      const shown = shownTexts(pods, workloads, scenes);
      const changes = DIRECTIONS.flatMap((direction) => changesFor(pods, direction, scenes));
      const others = changes.filter((change) => !shown.has(textOf(change)));
      const text = others.map(textOf).join('\n');
      if (told.some((wider) => wider.text === text && pods.isWithin(wider.pods))) return [];
      told.push({ pods, text });
      return others.map(({ bare: _bare, ...change }) => change);
    });
}

/** What workloads show whose pods are among some. */
function shownTexts(pods: PodClass, workloads: readonly Told[], scenes: Scenes): Set<string> {
  const among = workloads.filter(({ who }) => who.pods.isWithin(pods));
  const changes = among.flatMap(({ who, changes: own }) => [...own, ...workloadChanges(who, 'ingress', scenes)]);
  return new Set(changes.map(textOf));
}

/** A change, and its text without whom it is told of. */
type BareChange = Change & { readonly bare?: string };

function textOf({ sign, text, bare = text }: BareChange): string {
  return `${sign} ${bare}`;
}

/** By the policies of the manifests alone; if they change nothing, then where others close these pods. */
function changesFor(pods: PodClass, direction: Direction, scenes: Scenes): BareChange[] {
  for (const isClosed of [false, true]) {
    const who = Participant.ofOthers(pods, isClosed);
    const callers = direction === 'ingress' ? workloadChanges(who, direction, scenes) : [];
    const changes = [...participantChanges(who, direction, scenes), ...callers];
    const { prefix } = who.subject;
    if (changes.length > 0) return changes.map((one) => ({ ...one, bare: one.text.slice(prefix.length) }));
  }
  return [];
}
