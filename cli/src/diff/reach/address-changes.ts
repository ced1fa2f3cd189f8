import { PRIVATE_IPV4, PRIVATE_IPV6 } from 'agentyard/contract';
import type { Change } from '../change.js';
import { atomsOf, isLoopback, type Atom } from './blocks.js';
import { portChanges, type Subject } from './end.js';
import type { RuleWords } from './policy-words.js';
import type { Side } from './side.js';
import { piecesBetween, Ports } from './spans.js';

const ALL_ADDRESSES = ['0.0.0.0/0', '::/0'];

/** What changes about an atom. */
interface Difference extends Atom {
  readonly was: Ports;
  readonly is: Ports;
  /** The same for atoms that change in the same way. */
  readonly outcome: string;
}

/** What changes about addresses, whichever blocks they are written in. @param rules those of both sides */
export function addressChanges(
  subject: Subject,
  [before, after]: readonly [Side, Side],
  rules: readonly RuleWords[],
): Change[] {
  const { direction } = subject;
  const texts = [...ALL_ADDRESSES, ...rules.flatMap(({ blocks }) => blocks)].sort();
  const pieces = piecesBetween([...rules.flatMap(({ ports }) => ports), ...before.namedPorts, ...after.namedPorts]);
  const differences = atomsOf(new Set(texts)).map((atom): Difference => {
    const open = (side: Side) => (atom.sample === undefined ? Ports.none : side.open(direction, atom.sample, pieces));
    const [was, is] = [open(before), open(after)];
    return { ...atom, was, is, outcome: `${was.minus(is).toString()}|${is.minus(was).toString()}` };
  });
  const byCidr = new Map(differences.map((one) => [one.cidr, one]));
  return differences
    .filter((one) => one.sample !== undefined && ancestor(one, byCidr)?.outcome !== one.outcome)
    .flatMap((one) => {
      const except = differences.filter(
        (other) => other.sample !== undefined && other.outcome !== one.outcome && ancestor(other, byCidr) === one,
      );
      const text = exceptText(one, except);
      return portChanges(subject, { key: `addresses ${text}`, text }, one.was, one.is);
    });
}

/** The smallest block around one that has addresses of its own. */
function ancestor({ parent }: Difference, byCidr: ReadonlyMap<string, Difference>): Difference | undefined {
  const found = parent === undefined ? undefined : byCidr.get(parent);
  return found === undefined || found.sample !== undefined ? found : ancestor(found, byCidr);
}

function exceptText({ cidr }: Atom, except: readonly Atom[]): string {
  const blocks = except.map((one) => one.cidr).sort();
  const isPublic = (all: string, forbidden: readonly string[]) =>
    cidr === all &&
    blocks.join() ===
      forbidden
        .filter((block) => !isLoopback(block))
        .sort()
        .join();
  if (isPublic('0.0.0.0/0', PRIVATE_IPV4)) return 'every public IPv4 address';
  if (isPublic('::/0', PRIVATE_IPV6)) return 'every public IPv6 address';
  return blocks.length === 0 ? cidr : `${cidr} except ${blocks.join(', ')}`;
}
