import type { Path } from 'agentyard/reachability';
import type { Change } from '../change.js';
import { Ports } from './spans.js';
import type { Direction } from './side.js';

/** Other ends that are told apart by a key. */
export interface End {
  readonly key: string;
  /** How it is told: `Deployment agents/logs`. */
  readonly text: string;
}

export interface Subject {
  readonly place: string;
  readonly direction: Direction;
  /** Which of several subjects of one place it is. */
  readonly kind: string;
  /** Put before texts. */
  readonly prefix: string;
}

/** What newly is open to an end, and what no longer. */
export function portChanges(subject: Subject, { key, text }: End, was: Ports, is: Ports): Change[] {
  const { place, direction, kind, prefix } = subject;
  const about = { group: 'network' as const, place, subject: `${kind} ${direction} ${key}` };
  const verb = direction === 'egress' ? `connect to ${text}` : `be called by ${text}`;
  const more = is.minus(was);
  const less = was.minus(is);
  return [
    ...(more.isEmpty ? [] : [{ ...about, sign: '+' as const, text: `${prefix}may ${verb}: ${more.toString()}` }]),
    ...(less.isEmpty
      ? []
      : [{ ...about, sign: '-' as const, text: `${prefix}may no longer ${verb}: ${less.toString()}` }]),
  ];
}

/** The ports of paths of which some lead to an end. */
export function portsTo(paths: readonly Path[], leads: (path: Path) => boolean): Ports {
  return Ports.of(paths.filter(leads));
}
