/** A source of random numbers from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** Picks an item with a probability proportional to its weight; none when no weight is above 0. */
export function chooseByWeight<T extends { readonly weight: number }>(
  items: readonly T[],
  random: Random,
): T | undefined {
  const candidates = items.filter(({ weight }) => weight > 0);
  let left = random() * candidates.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of candidates) {
    left -= candidate.weight;
    if (left < 0) return candidate;
  }
  return candidates.at(-1);
}
