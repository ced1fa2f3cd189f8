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
  /** Which of several workloads of one name it is. */
  readonly kind: string;
}

/** What newly is open to an end, and what no longer. */
export function portChanges({ place, direction, kind }: Subject, { key, text }: End, was: Ports, is: Ports): Change[] {
  const about = { group: 'network' as const, place, subject: `${kind} ${direction} ${key}` };
  const verb = direction === 'egress' ? `connect to ${text}` : `be called by ${text}`;
  const more = is.minus(was);
  const less = was.minus(is);
  return [
    ...(more.isEmpty ? [] : [{ ...about, sign: '+' as const, text: `may ${verb}: ${more.toString()}` }]),
    ...(less.isEmpty ? [] : [{ ...about, sign: '-' as const, text: `may no longer ${verb}: ${less.toString()}` }]),
  ];
}

/** The ports of paths of which some lead to an end. */
export function portsTo(paths: readonly Path[], leads: (path: Path) => boolean): Ports {
  return Ports.of(paths.filter(leads));
}
