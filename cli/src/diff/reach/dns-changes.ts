import type { Change } from '../change.js';
import type { Subject } from './end.js';
import type { Side } from './side.js';

const MOST_NAMED = 5;

/** What changes about the names that may be asked of DNS, which is a way out if a narrow one. */
export function dnsChanges({ place, kind, prefix }: Subject, before: Side, after: Side): Change[] {
  const was = namesOf(before);
  const is = namesOf(after);
  const about = { group: 'dns' as const, place, subject: `${kind} names` };
  const more = newNames(was, is, 'was limited to some');
  const less = newNames(is, was, 'now limited to some');
  return [
    ...(more === undefined ? [] : [{ ...about, sign: '+' as const, text: `${prefix}may ask DNS for ${more}` }]),
    ...(less === undefined
      ? []
      : [{ ...about, sign: '-' as const, text: `${prefix}may no longer ask DNS for ${less}` }]),
  ];
}

type Names = ReadonlySet<string> | 'any';

function namesOf(side: Side): Names {
  const paths = side.paths('egress').filter(({ dns }) => dns === true);
  if (paths.some(({ dnsNames }) => dnsNames === undefined)) return 'any';
  return new Set(paths.flatMap(({ dnsNames }) => dnsNames ?? []));
}

function newNames(was: Names, is: Names, other: string): string | undefined {
  if (was === 'any') return undefined;
  if (is === 'any') return was.size > 0 ? `any name, ${other}` : 'any name';
  const names = [...is].filter((name) => !was.has(name)).sort();
  if (names.length === 0) return undefined;
  const rest = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more names` : ''}`;
}
