import type { Path } from 'agentyard/reachability';
import type { Change } from '../change.js';
import { portChanges, type Subject } from './end.js';
import type { Side } from './side.js';
import { piecesOf, Ports, type Piece } from './spans.js';

/** A name that stands for the names of a pattern. */
interface Probe {
  readonly text: string;
  readonly name: string;
}

/** Names that stand for those of patterns. */
export function hostNames(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => probes(pattern).map(({ name }) => name));
}

/** The names and patterns that paths lead to. */
export function hostsOf(paths: readonly Path[]): string[] {
  return paths.filter(isHost).map(({ peer }) => peer);
}

/** What changes about hosts by name, directly or through the egress proxy. */
export function hostChanges(subject: Subject, before: Side, after: Side): Change[] {
  const paths = [...before.paths('egress'), ...after.paths('egress')].filter(isHost);
  const patterns = [...new Set(paths.map(({ peer }) => peer))].sort();
  return patterns.flatMap((pattern) => {
    const pieces = piecesOf(paths.filter(({ peer }) => peer === pattern));
    return patternChanges(subject, pattern, [before, after], pieces);
  });
}

function patternChanges(
  subject: Subject,
  pattern: string,
  [before, after]: readonly [Side, Side],
  pieces: readonly Piece[],
): Change[] {
  const seen = new Set<string>();
  return probes(pattern).flatMap(({ text, name }) => {
    const ways = pieces.map((piece) => ({
      piece,
      was: before.way('egress', name, piece),
      is: after.way('egress', name, piece),
    }));
    const open = (side: 'was' | 'is') =>
      Ports.of(ways.filter((way) => way[side] !== undefined).map(({ piece }) => piece));
    const was = open('was');
    const is = open('is');
    // Deeper names are told of only if they change otherwise than the others.
    const outcome = `${was.minus(is).toString()} ${is.minus(was).toString()}`;
    if (seen.has(outcome)) return [];
    seen.add(outcome);
    const isProxied = ways.some(({ was: old, is: fresh }) => old !== fresh && (old === 'proxy' || fresh === 'proxy'));
    const end = { key: `host ${text}`, text: `${text}${isProxied ? ', through the egress proxy' : ''}` };
    return [...portChanges(subject, end, was, is), ...wayChanges(subject, text, ways)];
  });
}

/** Where a host is reached both before and after, but in another way. */
function wayChanges(
  { place, kind, prefix }: Subject,
  text: string,
  ways: readonly { was?: string; is?: string }[],
): Change[] {
  const changed = ways.find(({ was, is }) => was !== undefined && is !== undefined && was !== is);
  if (changed === undefined) return [];
  const now =
    changed.is === 'proxy' ? 'through the egress proxy, was directly' : 'directly, was through the egress proxy';
  const about = { group: 'network' as const, place, subject: `${kind} way to ${text}` };
  return [{ sign: '~', ...about, text: `${prefix}reaches ${text} ${now}` }];
}

/** A label that names which policies name do not have. */
const ANY = 'a-name-of-nobody';

/** A pattern is tried with one label and with two where its wildcard is, since engines read it in both ways. */
function probes(pattern: string): Probe[] {
  const filled = (labels: string) =>
    pattern
      .replace(/^\*+\.?$/, `${labels}.example`)
      .replace(/^\*+\./, `${labels}.`)
      .replace(/\*+/g, ANY);
  if (!/^\*+\./.test(pattern)) return [{ text: pattern, name: filled(ANY) }];
  return [
    { text: pattern, name: filled(ANY) },
    { text: `${pattern} (with more labels)`, name: filled(`${ANY}.${ANY}`) },
  ];
}

function isHost({ kind }: Path): boolean {
  return kind === 'host';
}
