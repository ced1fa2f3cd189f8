import type { KeptObject } from './trust-cluster.js';

type Entries = Readonly<Record<string, string>>;

/** The entries of an object as text, from the `data` that the API has: base64 in Secrets, plain in ConfigMaps. */
export function textOfData({ kind }: KeptObject, data: Entries): Entries {
  return kind === 'Secret' ? mapped(data, (value) => Buffer.from(value, 'base64').toString('utf8')) : data;
}

/** The other way round. */
export function dataOfText({ kind }: KeptObject, entries: Entries): Entries {
  return kind === 'Secret' ? mapped(entries, (text) => Buffer.from(text).toString('base64')) : entries;
}

function mapped(entries: Entries, change: (text: string) => string): Entries {
  return Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, change(text)]));
}
