import { InvalidArgumentError } from 'commander';

/** Reads a whole number between bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Reads `<key>=<value>,...`, as kubectl has labels. */
export function labels(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((pair) => pair.split('='));
  if (pairs.every((pair) => pair.length === 2 && pair.every((part) => part !== '')))
    return Object.fromEntries(pairs) as Record<string, string>;
  throw new InvalidArgumentError('It must be <key>=<value>,...');
}

/** Reads a DNS name. */
export function domainName(text: string): string {
  if (/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a DNS name, for example 'cluster.local'.");
}

/** Collects the values of an option that may be given more than once. */
export function repeated(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}
