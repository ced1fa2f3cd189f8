export type Mapping = Readonly<Record<string, unknown>>;

/** Which entries of mappings are written, and in which order. */
export interface YamlForm {
  /** Keys in the order of the text. */
  keysOf(mapping: Mapping): readonly string[];
  /** Whether an entry without value is left out, or written as null. */
  readonly dropsNull: boolean;
  /** Whether an entry whose value is an empty mapping or sequence is left out. */
  readonly dropsEmpty: boolean;
}

/** All that there is, as it is. */
export const WHOLE: YamlForm = { keysOf: Object.keys, dropsNull: false, dropsEmpty: false };

/** What has a value, in the order of the program, which CDK8S_DISABLE_SORT asks for. */
export const UNSORTED: YamlForm = { keysOf: Object.keys, dropsNull: true, dropsEmpty: false };

/** What has a value, sorted by its key. */
export const SORTED: YamlForm = { keysOf: sortedKeys, dropsNull: true, dropsEmpty: false };

/** What is not empty, sorted by its key. */
export const FILLED: YamlForm = { keysOf: sortedKeys, dropsNull: true, dropsEmpty: true };

/** Largest mapping that is sorted by insertion, which is faster for the few and mostly sorted keys of Kubernetes. */
const MOST_INSERTED = 12;

/** A key that JavaScript moves before the others of an object, which is where cdk8s leaves it. */
export function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  if (first < 48 || first > 57) return false;
  return /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1;
}

function sortedKeys(mapping: Mapping): readonly string[] {
  const keys = Object.keys(mapping);
  if (keys.length > MOST_INSERTED) keys.sort();
  else insertionSort(keys);
  return keys.some(isIndex) ? indexesFirst(keys) : keys;
}

function insertionSort(keys: string[]): void {
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let position = i;
    while (position > 0 && keys[position - 1]! > key) {
      keys[position] = keys[position - 1]!;
      position--;
    }
    keys[position] = key;
  }
}

function indexesFirst(keys: readonly string[]): string[] {
  const indexes = keys.filter(isIndex).sort((a, b) => Number(a) - Number(b));
  return [...indexes, ...keys.filter((key) => !isIndex(key))];
}
