/** Whether something applies; `maybe` where the manifests alone do not tell. */
export type Match = 'yes' | 'maybe' | 'no';

const RANK: Readonly<Record<Match, number>> = { no: 0, maybe: 1, yes: 2 };

/** Whether both apply. */
export function both(a: Match, b: Match): Match {
  return RANK[a] < RANK[b] ? a : b;
}

/** Whether one of several applies. */
export function anyOf<T>(items: readonly T[], match: (item: T) => Match): Match {
  let best: Match = 'no';
  for (const item of items) {
    const found = match(item);
    if (found === 'yes') return 'yes';
    if (found === 'maybe') best = 'maybe';
  }
  return best;
}

/** Whether all of several apply. */
export function allOf<T>(items: readonly T[], match: (item: T) => Match): Match {
  let worst: Match = 'yes';
  for (const item of items) {
    const found = match(item);
    if (found === 'no') return 'no';
    if (found === 'maybe') worst = 'maybe';
  }
  return worst;
}
