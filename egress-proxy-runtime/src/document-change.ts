import { isDeepStrictEqual } from 'node:util';
import type { SquidDocument } from './squid-conf.js';

/** What a new document asks of a running Squid. */
export type DocumentChange =
  /** Nothing: it says the same. */
  | 'none'
  /** To read its file again; open tunnels stay. */
  | 'reconfigure'
  /** To end and start again, since tunnels that were opened before would outlive their permission. */
  | 'restart';

/** Squid takes new lists in place only if each list that it has stays as it is. */
export function changeBetween(before: SquidDocument, after: SquidDocument): DocumentChange {
  const sameRest = isDeepStrictEqual(before.parent, after.parent) && before.shutdown.graceMs === after.shutdown.graceMs;
  const kept = before.allowLists.every((list) =>
    after.allowLists.some((other) => other.port === list.port && isDeepStrictEqual(hostsOf(other), hostsOf(list))),
  );
  if (!sameRest || !kept) return 'restart';
  return after.allowLists.length === before.allowLists.length ? 'none' : 'reconfigure';
}

/** What a list lets through, whatever the order it is written in. */
function hostsOf({ hosts }: SquidDocument['allowLists'][number]): string[] {
  return hosts
    .map(({ name, port, tls, privateCidrs }) => JSON.stringify([name, port, tls, [...privateCidrs].sort()]))
    .sort();
}
