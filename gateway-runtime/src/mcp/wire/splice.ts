import { endOfString } from '@agentyard/runtime-kit';
import { isObject, type JsonObject } from './json-rpc.js';
import type { JsonText } from './json-text.js';

const [QUOTE, COMMA, COLON, BACKSLASH, OPEN, CLOSE] = [0x22, 0x2c, 0x3a, 0x5c, 0x7b, 0x7d];
/** `[` and `{` are one another with this bit, and so are `]` and `}`. */
const BRACE_BIT = 0x20;

/** Pieces of texts up to this length are put together: to write several takes longer than to copy them. */
const SMALL_BYTES = 4_096;

type Pieces = readonly Buffer[];

/** An object in a JSON text. */
interface Place {
  readonly start: number;
  /** Behind it. */
  readonly end: number;
}

/**
 * A JSON-RPC response in which a member of its result's `_meta` is another object, or has come to it: without reading or
 * writing the rest of it again.
 *
 * @param bytes of the response
 * @param result of the response, as it was parsed
 * @param key name of the member
 * @param json the new object
 * @returns absent if the place of the member is not certain: what stands in its way is no object, or a name that leads to it
 *   occurs twice. Who writes a name once as it is and once in escapes, with the same object behind both, is not told apart: it
 *   is its own text
 */
export function withMeta(bytes: Buffer, result: JsonObject, key: string, json: Buffer): JsonText | undefined {
  const pieces = piecesWithMeta(bytes, result, key, json);
  return pieces === undefined || bytes.length > SMALL_BYTES ? pieces : [Buffer.concat(pieces)];
}

function piecesWithMeta(bytes: Buffer, result: JsonObject, key: string, json: Buffer): Pieces | undefined {
  const { _meta } = result;
  const member = `${JSON.stringify(key)}:${json.toString('utf8')}`;
  if (_meta === undefined) return inserted(bytes, startOfResult(bytes), `"_meta":{${member}}`);
  if (!isObject(_meta)) return undefined;
  const known = _meta[key];
  if (known === undefined) return inserted(bytes, placeOf(bytes, '_meta', _meta)?.start, member);
  const place = isObject(known) ? placeOf(bytes, key, known) : undefined;
  return place && [bytes.subarray(0, place.start), json, bytes.subarray(place.end)];
}

/** A text with more members at the beginning of the object that begins at `start`. */
function inserted(bytes: Buffer, start: number | undefined, members: string): Pieces | undefined {
  if (start === undefined) return undefined;
  const isEmpty = bytes[afterSpace(bytes, start + 1)] === CLOSE;
  const text = Buffer.from(isEmpty ? members : `${members},`);
  return [bytes.subarray(0, start + 1), text, bytes.subarray(start + 1)];
}

/** Where the result of a response begins, which mostly is behind its id: no other place is looked at. */
function startOfResult(bytes: Buffer): number | undefined {
  let at = afterSpace(bytes, afterSpace(bytes, 0) + 1);
  while (bytes[at] === QUOTE) {
    const end = endOfString(bytes, at + 1);
    const name = bytes.toString('latin1', at + 1, end);
    const value = afterSpace(bytes, afterSpace(bytes, end + 1) + 1);
    if (name === 'result') return bytes[value] === OPEN ? value : undefined;
    if (name.includes('\\')) return undefined;
    at = afterSpace(bytes, endOfValue(bytes, value));
    if (bytes[at] === COMMA) at = afterSpace(bytes, at + 1);
  }
  return undefined;
}

/** Where an object is that has a name of its own in a text. */
function placeOf(bytes: Buffer, name: string, value: JsonObject): Place | undefined {
  const quoted = JSON.stringify(name);
  const at = bytes.indexOf(quoted);
  // Behind a backslash it is the end of another name.
  if (at < 0 || bytes[at - 1] === BACKSLASH || bytes.includes(quoted, at + quoted.length)) return undefined;
  const colon = afterSpace(bytes, at + quoted.length);
  if (bytes[colon] !== COLON) return undefined;
  const start = afterSpace(bytes, colon + 1);
  if (bytes[start] !== OPEN) return undefined;
  const end = endOfBraces(bytes, start);
  // The name may be written in escapes, and what was found be another one. Most texts have none.
  if (bytes.includes(BACKSLASH) && !isSame(bytes.subarray(start, end), value)) return undefined;
  return { start, end };
}

function isSame(text: Buffer, value: unknown): boolean {
  return JSON.stringify(JSON.parse(text.toString('utf8'))) === JSON.stringify(value);
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at += 1;
  return at;
}

/** Behind the value that begins here. */
function endOfValue(bytes: Buffer, start: number): number {
  const first = bytes[start] as number;
  if (first === QUOTE) return endOfString(bytes, start + 1) + 1;
  if ((first | BRACE_BIT) === OPEN) return endOfBraces(bytes, start);
  let at = start;
  while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== CLOSE) at += 1;
  return at;
}

/** Behind the object or array that begins here. */
function endOfBraces(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) at = endOfString(bytes, at + 1);
    else if ((byte | BRACE_BIT) === OPEN) depth += 1;
    else if ((byte | BRACE_BIT) === CLOSE && (depth -= 1) === 0) return at + 1;
  }
  return bytes.length;
}
