import type { InnerFault } from './fault';

/** `uniqueItems` compares every item with every other: 50,000 of them would hold a runtime up for half a minute. */
const MOST_UNIQUE_ITEMS = 1000;

/** What of a JSON Schema can take more than linear time, and how it is bounded. */
export function slowKeywords(schema: unknown): InnerFault[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { uniqueItems, maxItems } = schema as Record<string, unknown>;
  const bounded = typeof maxItems === 'number' && maxItems <= MOST_UNIQUE_ITEMS;
  const message = `needs maxItems of at most ${MOST_UNIQUE_ITEMS} beside it`;
  const own = uniqueItems === true && !bounded ? [{ keys: ['uniqueItems'], message }] : [];
  const members = Object.entries(schema).flatMap(([name, member]) =>
    slowKeywords(member).map(({ keys, message: why }) => ({ keys: [keyOf(name), ...keys], message: why })),
  );
  return [...own, ...members];
}

/** The keys of a JSON pointer (RFC 6901). */
export function pointerKeys(pointer: string): PropertyKey[] {
  const names = pointer.split('/').slice(1);
  return names.map((name) => keyOf(name.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function keyOf(name: string): PropertyKey {
  return /^\d+$/.test(name) ? Number(name) : name;
}
