import { Lazy } from 'cdk8s';

/** Thrown for a value that is left to cdk8s. */
export class NotPlain extends Error {}

/** A value that says itself what it stands for, or wraps a number or string in a class of its own. */
interface Token {
  readonly resolve?: unknown;
  readonly value?: unknown;
}

/** Deeper values may be circles. */
const DEEPEST = 200;
/** Longest key that readers of YAML must take without a `?` in front. */
const LONGEST_KEY = 1000;

/**
 * A value with all lazy values and tokens in it replaced by what they stand for, in the order in which cdk8s does it.
 * What holds none is the same object as before.
 *
 * @throws NotPlain when something in it is no text, number, boolean, sequence or mapping that YAML takes as it is
 */
export function resolvedValue(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') throw new NotPlain();
    return value;
  }
  if (depth > DEEPEST) throw new NotPlain();
  const { resolve, value: inner } = value as Token;
  if (value instanceof Lazy) return resolvedValue(value.produce(), depth + 1);
  if (typeof resolve === 'function') return resolvedValue((resolve as () => unknown).call(value), depth + 1);
  if (value.constructor === Object) return resolvedMapping(value as Record<string, unknown>, depth);
  if (typeof inner === 'number' || typeof inner === 'string') return { value: inner };
  if (Array.isArray(value)) return resolvedSequence(value, depth);
  throw new NotPlain();
}

function resolvedMapping(mapping: Readonly<Record<string, unknown>>, depth: number): object {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(mapping)) {
    if (key === '__proto__' || key.length > LONGEST_KEY) throw new NotPlain();
    const value = mapping[key];
    const resolved = resolvedValue(value, depth + 1);
    if (resolved !== value) (copy ??= { ...mapping })[key] = resolved;
  }
  return copy ?? mapping;
}

function resolvedSequence(sequence: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < sequence.length; i++) {
    const resolved = resolvedValue(sequence[i], depth + 1);
    if (resolved !== sequence[i]) (copy ??= [...sequence])[i] = resolved;
  }
  return copy ?? sequence;
}
