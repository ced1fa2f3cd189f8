import fc from 'fast-check';

/** Cases of each property; `FUZZ_RUNS` says otherwise. */
const USUAL_RUNS = 10_000;

/** The cases are the same each time up to this many; beyond it, each run has its own. `FUZZ_SEED` says otherwise. */
const USUAL_SEED = 20_261_126;

/** Longest time for one case, in milliseconds: those over sockets take the longest. */
const CASE_MS = 50;

const { FUZZ_RUNS, FUZZ_SEED, FUZZ_PATH } = process.env;

/** How many cases each property is tried with. */
export const fuzzRuns = FUZZ_RUNS === undefined ? USUAL_RUNS : wholeNumber('FUZZ_RUNS', FUZZ_RUNS);

jest.setTimeout(60_000 + fuzzRuns * CASE_MS);

/**
 * Tries a property with as many cases as are wanted. A failure prints its seed and path, with which it comes again:
 * `FUZZ_SEED=... FUZZ_PATH=... npm run test:fuzz -- <file> -t '<test>'`.
 */
export function fuzz<T>(property: fc.IProperty<T>): void;
export function fuzz<T>(property: fc.IAsyncProperty<T>): Promise<void>;
export function fuzz<T>(property: fc.IRawProperty<T>): Promise<void> | void {
  return fc.assert(property as fc.IAsyncProperty<T>, {
    numRuns: fuzzRuns,
    ...(seed() !== undefined && { seed: seed() }),
    ...(FUZZ_PATH !== undefined && { path: FUZZ_PATH }),
  });
}

function seed(): number | undefined {
  if (FUZZ_SEED !== undefined) return Number(FUZZ_SEED);
  return fuzzRuns <= USUAL_RUNS ? USUAL_SEED : undefined;
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`${name} is "${text}"; give a whole number of cases, such as 1000000`);
}

/** Any text, and texts of what parsers stumble over. */
export const oddText = (...pieces: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 })
    .map((parts) => parts.join(''));

/** A text that can be sent as UTF-8: halves of surrogate pairs become what decoders make of them. */
export const wellFormed = (text: string): string => Buffer.from(text).toString('utf8');

/** The same in characters that a header may have. */
export const oddHeader = (...pieces: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,4}$/)), { maxLength: 12 })
    .map((parts) => parts.join('').trim());

/** Cuts bytes after each of `lengths`, the rest at the end. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) pieces.push(bytes.subarray(at, (at += length)));
  return [...pieces, bytes.subarray(at)];
}

/** Names of members, those of every object among them. */
const oddName = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', '', 'a', '_meta', 'params', 'id', 'method'),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);

/** Whatever JSON can hold, with names and numbers that programs stumble over. */
export const oddJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, false, 0, -0, 1.5, -1, 2 ** 53, 1e308, '', 'text', '2.0'),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(oddName, tie('value'), { maxKeys: 4 }),
  ),
})).value;

/** As it comes out of a parser: `__proto__` is a member like any other. */
export const parsedJson = oddJson.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
