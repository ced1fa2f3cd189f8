import { CONTROLLER_KEYS } from './labels';
import type { PodLookup } from './pod-selector';
import type { Pods } from './pods';

type Pair = readonly [key: string, value: string];

const usable = ([key]: Pair) => !CONTROLLER_KEYS.has(key);
const bucket = (namespace: string, [key, value]: Pair) => `${namespace}\n${key}\n${value}`;

function put<T>(buckets: Map<string, T[]>, key: string, item: T): void {
  const items = buckets.get(key);
  if (items === undefined) buckets.set(key, [item]);
  else items.push(item);
}

/** Finds what selects given pods, without asking everything. */
export class SelectorIndex<T> {
  private readonly byLabel = new Map<string, T[]>();
  /** By namespace, what has no label to be found by; under no namespace, what may select in all. */
  private readonly others = new Map<string, T[]>();

  public constructor(
    private readonly items: readonly T[],
    lookup: (item: T) => PodLookup,
  ) {
    const places = items.map((item) => {
      const { namespace, pairs } = lookup(item);
      return { namespace, buckets: pairs.filter(usable).map((pair) => bucket(namespace ?? '', pair)) };
    });
    const counts = new Map<string, number>();
    for (const key of places.flatMap(({ buckets }) => buckets)) counts.set(key, (counts.get(key) ?? 0) + 1);
    items.forEach((item, i) => {
      const { namespace = '', buckets = [] } = places[i] ?? {};
      const rarest = namespace === '' ? undefined : leastOf(buckets, counts);
      if (rarest === undefined) put(this.others, namespace, item);
      else put(this.byLabel, rarest, item);
    });
  }

  /** All that may select these pods; labels that are not known may be any. */
  public candidates({ namespace, labels }: Pods): readonly T[] {
    if (namespace === undefined || !labels.areAll) return this.items;
    const own = [...labels.known].flatMap((pair) => this.byLabel.get(bucket(namespace, pair)) ?? []);
    return [...own, ...(this.others.get(namespace) ?? []), ...(this.others.get('') ?? [])];
  }
}

/** Finds the pods that a selector may mean, without asking everything. */
export class PodIndex<T> {
  private readonly byLabel = new Map<string, T[]>();
  private readonly byNamespace = new Map<string, T[]>();

  public constructor(
    private readonly items: readonly T[],
    podsOf: (item: T) => Pods | undefined,
  ) {
    for (const item of items) {
      const { namespace, labels } = podsOf(item) ?? {};
      if (namespace === undefined) continue;
      put(this.byNamespace, namespace, item);
      for (const pair of labels?.known ?? []) put(this.byLabel, bucket(namespace, pair), item);
    }
  }

  /** All that a selector may mean. */
  public candidates({ namespace, pairs }: PodLookup): readonly T[] {
    if (namespace === undefined) return this.items;
    const lists = pairs.filter(usable).map((pair) => this.byLabel.get(bucket(namespace, pair)) ?? []);
    return lists.reduce((a, b) => (b.length < a.length ? b : a), this.byNamespace.get(namespace) ?? []);
  }
}

function leastOf(keys: readonly string[], counts: ReadonlyMap<string, number>): string | undefined {
  const [first, ...rest] = keys;
  if (first === undefined) return undefined;
  return rest.reduce((a, b) => ((counts.get(b) ?? 0) < (counts.get(a) ?? 0) ? b : a), first);
}
