import { isUtf8 } from 'node:buffer';
import { joined, sizeOf, type ByteRange, type Pieces } from './json-text.js';

const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/** Strings of about this length are read, and longer ones may be left out, in bytes. */
const LONG_BYTES = 1_024;

/** Most that may stand before, and behind, the string that is not read, in bytes. */
const AROUND_BYTES = 8_192;

/** A JSON text in which one long string stands empty. */
export interface Outline {
  readonly text: string;
  /** What it says. */
  readonly value: unknown;
  /** What it has not. */
  readonly cut: ByteRange;
}

/** Sees whether a text is a simple JSON value, and makes none (ECMAScript, "JSON.parse source text access"). */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/**
 * Reads a JSON text without its one long string, as results of tools have it: whether that is written as it has to be is
 * only looked at.
 *
 * @returns absent for what is no JSON in UTF-8, or is another kind of text: it has to be read whole
 */
export function outlineOf(bytes: Pieces): Outline | undefined {
  const all = inOnePiece(bytes);
  const cut = longStringIn(all);
  if (cut === undefined || !isUtf8(all)) return undefined;
  try {
    // A character for each byte: what matters is ASCII, which in UTF-8 is no part of anything else.
    rawJSON(all.toString('latin1', cut.start - 1, cut.end + 1));
    const text = all.toString('utf8', 0, cut.start) + all.toString('utf8', cut.end);
    return { text, value: JSON.parse(text), cut };
  } catch {
    return undefined;
  }
}

/**
 * Where in the bytes a place in their outline is.
 *
 * @param cut what is left out, in which the place is not. @default - nothing
 */
export function placeInBytes(text: string, cut: ByteRange | undefined, at: number): number {
  const place = Buffer.byteLength(text.slice(0, at));
  return cut === undefined || place <= cut.start ? place : place + cut.end - cut.start;
}

/** Where pieces are put together that are only looked at: a Buffer for each text costs more than to copy it. */
const scratch = Buffer.allocUnsafeSlow(1_048_576);

/** Counts until this is called again. */
function inOnePiece(bytes: Pieces): Buffer {
  if (bytes.length === 1 || sizeOf(bytes) > scratch.length) return joined(bytes);
  let size = 0;
  for (const piece of bytes) size += piece.copy(scratch, size);
  return scratch.subarray(0, size);
}

/** Where the inside of a string may be that leaves little before it and behind it. */
function longStringIn(bytes: Buffer): ByteRange | undefined {
  const start = startOfLong(bytes);
  const end = start === undefined ? undefined : endOfLong(bytes, start);
  return start === undefined || end === undefined ? undefined : { start, end };
}

/** Behind the quote of the first long string. */
function startOfLong(bytes: Buffer): number | undefined {
  for (let at = 0, last = Math.min(AROUND_BYTES, bytes.length); at < last; at += 1) {
    if (bytes[at] !== QUOTE) continue;
    const start = at + 1;
    at = start;
    while (at - start < LONG_BYTES && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    if (at - start >= LONG_BYTES) return start;
  }
  return undefined;
}

/** The last quote before which there is none for long, but for those behind backslashes. */
function endOfLong(bytes: Buffer, start: number): number | undefined {
  const first = Math.max(start + LONG_BYTES, bytes.length - AROUND_BYTES);
  for (let at = bytes.length - 1; at >= first; at -= 1) {
    if (bytes[at] !== QUOTE) continue;
    const end = at;
    at -= 1;
    while (end - at < LONG_BYTES && !isBareQuote(bytes, at)) at -= 1;
    if (end - at >= LONG_BYTES) return end;
  }
  return undefined;
}

function isBareQuote(bytes: Buffer, at: number): boolean {
  return bytes[at] === QUOTE && bytes[at - 1] !== BACKSLASH;
}
