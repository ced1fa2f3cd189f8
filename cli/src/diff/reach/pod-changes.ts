import type { Change } from '../change.js';
import { portChanges } from './end.js';
import type { Participant } from './participant.js';
import type { PodClass } from './pod-class.js';
import { podClasses } from './pod-classes.js';
import { endpointOf, type Scenes } from './scenes.js';
import type { Direction } from './side.js';
import { piecesBetween, type Ports } from './spans.js';

/** So many are looked at with all combinations of their labels. */
const MOST_CLASSES = 400;

/** Pods that are not of the program, and the ports that are open to them. */
interface Outcome {
  readonly pods: PodClass;
  readonly was: Ports;
  readonly is: Ports;
  /** The same for classes about which the same changes. */
  readonly text: string;
}

/** What changes about pods that are not of the program, as far as policies tell these apart. */
export function podChanges(who: Participant, direction: Direction, scenes: Scenes): Change[] {
  const { policies } = scenes;
  const selectors = policies.beyondWorkloads(policies.about(who.pods).flatMap((one) => one[direction].pods));
  const subjects = policies.beyondWorkloads(policies.all.map(({ subject }) => subject));
  const outcomes = podClasses(selectors, subjects, MOST_CLASSES)
    .filter((pods) => !policies.isOfWorkload(pods))
    .flatMap((pods) => outcome(who, direction, pods, scenes) ?? []);
  return outcomes
    .filter((one) => !outcomes.some((wider) => isToldBy(one, wider)))
    .flatMap(({ pods, was, is }) => {
      const end = { key: `pods ${pods.key}`, text: pods.text() };
      return portChanges({ ...who.subject, direction }, end, was, is);
    });
}

function isToldBy(one: Outcome, wider: Outcome): boolean {
  return one !== wider && one.text === wider.text && one.pods.isWithin(wider.pods);
}

function outcome(who: Participant, direction: Direction, pods: PodClass, scenes: Scenes): Outcome | undefined {
  const { policies } = scenes;
  const sides = who.sides(scenes, pods);
  if (sides === undefined) return undefined;
  const other = direction === 'egress' ? 'ingress' : 'egress';
  const rules = [
    ...policies.about(who.pods).map((one) => one[direction]),
    ...policies.about(pods).map((one) => one[other]),
  ];
  const named = direction === 'ingress' ? sides.flatMap((side) => side.namedPorts) : [];
  const pieces = piecesBetween([...rules.flatMap(({ ports }) => ports), ...named]);
  const [was, is] = sides.map((side) => side.open(direction, endpointOf(pods), pieces)) as [Ports, Ports];
  const text = `${was.minus(is).toString()}|${is.minus(was).toString()}`;
  return text === '|' ? undefined : { pods, was, is, text };
}
