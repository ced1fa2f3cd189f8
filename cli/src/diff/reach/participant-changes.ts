import type { Path } from 'agentyard/reachability';
import type { Change } from '../change.js';
import { addressChanges } from './address-changes.js';
import { dnsChanges } from './dns-changes.js';
import { portChanges, portsTo, type Subject } from './end.js';
import { hostChanges } from './host-changes.js';
import type { Participant, Sides } from './participant.js';
import { podChanges } from './pod-changes.js';
import type { Scenes } from './scenes.js';
import type { Direction } from './side.js';
import type { Ports } from './spans.js';

/**
 * What changes about whom pods may connect to, or about who may connect to them. Workloads of the program that call are
 * left out, since they are told of as those whom they connect to.
 */
export function participantChanges(who: Participant, direction: Direction, scenes: Scenes): Change[] {
  const sides = who.sides(scenes);
  if (sides === undefined) return [];
  const subject: Subject = { ...who.subject, direction };
  const named =
    direction === 'ingress' ? [] : [...workloadChanges(who, direction, scenes), ...nameChanges(subject, sides)];
  const open = [...named, ...entityChanges(subject, sides)];
  if (!isTouched(who, scenes)) return open;
  const rules = scenes.policies.about(who.pods).map((one) => one[direction]);
  return [...open, ...podChanges(who, direction, scenes), ...addressChanges(subject, sides, rules)];
}

function nameChanges(subject: Subject, sides: Sides): Change[] {
  return [...hostChanges(subject, ...sides), ...dnsChanges(subject, ...sides)];
}

/** Whether pods, or policies that may be about them, are others than before. */
function isTouched(who: Participant, scenes: Scenes): boolean {
  const [before, after] = who.sides(scenes) ?? [];
  return before?.text !== after?.text || scenes.policies.mayHaveChangedFor(who.pods);
}

/** What changes about workloads of the program that pods connect to, or that connect to them. */
export function workloadChanges(who: Participant, direction: Direction, scenes: Scenes): Change[] {
  const sides = who.sides(scenes);
  if (sides === undefined) return [];
  return ends(direction, sides, ({ workload }) => workload?.title).flatMap((title) => {
    const leads = ({ workload }: Path) => workload?.title === title;
    const [was, is] = sides.map((side) => portsTo(side.paths(direction), leads)) as [Ports, Ports];
    return portChanges({ ...who.subject, direction }, { key: title, text: title }, was, is);
  });
}

function entityChanges(subject: Subject, sides: Sides): Change[] {
  return ends(subject.direction, sides, ({ entity }) => entity).flatMap((entity) => {
    const leads = (path: Path) => path.entity === entity;
    const [was, is] = sides.map((side) => portsTo(side.paths(subject.direction), leads)) as [Ports, Ports];
    const text = entity === 'kube-apiserver' ? 'the API server' : `the entity ${entity}`;
    return portChanges(subject, { key: `entity ${entity}`, text }, was, is);
  });
}

/** What paths of either side are about, by a key; none for those without. */
function ends(direction: Direction, sides: Sides, key: (path: Path) => string | undefined): string[] {
  const found = sides.flatMap((side) => side.paths(direction).flatMap((path) => key(path) ?? []));
  return [...new Set(found)].sort();
}
