import { isUtf8 } from 'node:buffer';
import { isObject, type JsonObject } from './json-rpc.js';
import { isLarge, joined, partOf, sizeOf, type JsonText, type ReceivedText } from './json-text.js';
import { placeInBytes } from './outline.js';

const [QUOTE, COMMA, COLON, BACKSLASH, OPEN, CLOSE] = [0x22, 0x2c, 0x3a, 0x5c, 0x7b, 0x7d];
/** `[` and `{` are one another with this bit, and so are `]` and `}`. */
const BRACE_BIT = 0x20;

/** A part of a text, and what comes into its place. */
interface Splice {
  readonly start: number;
  /** Behind the part. */
  readonly end: number;
  readonly json: string;
}

/**
 * A JSON-RPC response in which a member of its result's `_meta` is another object, or has come to it: without reading or
 * writing the rest of it again.
 *
 * @param received the response, or its outline
 * @param result of it, as it was parsed
 * @param key name of the member
 * @param json the new object
 * @returns absent if the place of the member is not certain: what stands in its way is no object, or a name that leads to it
 *   occurs twice. Who writes a name once as it is and once in escapes, with the same object behind both, is not told apart: it
 *   is its own text
 */
export function withMeta(received: ReceivedText, result: JsonObject, key: string, json: string): JsonText | undefined {
  const splice = spliceOf(received.text, result, key, json);
  return splice && spliced(received, splice);
}

function spliceOf(text: string, { _meta }: JsonObject, key: string, json: string): Splice | undefined {
  if (_meta === undefined) return insertion(text, startOfResult(text), `"_meta":{${JSON.stringify(key)}:${json}}`);
  if (!isObject(_meta)) return undefined;
  const known = _meta[key];
  if (known === undefined) return insertion(text, startOf(text, '_meta', _meta), `${JSON.stringify(key)}:${json}`);
  const start = isObject(known) ? startOf(text, key, known) : undefined;
  return start === undefined ? undefined : { start, end: endOfValue(text, start), json };
}

/** Puts members at the beginning of the object that begins at `start`. */
function insertion(text: string, start: number | undefined, members: string): Splice | undefined {
  if (start === undefined) return undefined;
  const isEmpty = text.charCodeAt(afterSpace(text, start + 1)) === CLOSE;
  return { start: start + 1, end: start + 1, json: isEmpty ? members : `${members},` };
}

/** Large texts are sent as the bytes that came. */
function spliced({ text, bytes, cut }: ReceivedText, { start, end, json }: Splice): JsonText | undefined {
  if (bytes === undefined || (cut === undefined && !isLarge(bytes)))
    return text.slice(0, start) + json + text.slice(end);
  // If there are as many characters as bytes, each is one.
  const size = sizeOf(bytes);
  const isSingle = text.length === size;
  // What has an outline is UTF-8.
  if (!isSingle && cut === undefined && !isUtf8(joined(bytes))) return undefined;
  const before = isSingle ? start : placeInBytes(text, cut, start);
  const after = isSingle ? end : placeInBytes(text, cut, end);
  return [
    ...partOf(bytes, { start: 0, end: before }),
    Buffer.from(json),
    ...partOf(bytes, { start: after, end: size }),
  ];
}

/** Where the result of a response begins, which mostly is behind its id: no other place is looked at. */
function startOfResult(text: string): number | undefined {
  let at = afterSpace(text, afterSpace(text, 0) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const end = endOfString(text, at);
    const name = text.slice(at + 1, end - 1);
    const value = afterSpace(text, afterSpace(text, end) + 1);
    if (name === 'result') return text.charCodeAt(value) === OPEN ? value : undefined;
    if (name.includes('\\')) return undefined;
    at = afterSpace(text, endOfValue(text, value));
    if (text.charCodeAt(at) === COMMA) at = afterSpace(text, at + 1);
  }
  return undefined;
}

/** Where an object begins that has a name of its own in a text. */
function startOf(text: string, name: string, value: JsonObject): number | undefined {
  const quoted = JSON.stringify(name);
  const at = text.indexOf(quoted);
  // Behind a backslash it is the end of another name.
  if (at < 0 || text.charCodeAt(at - 1) === BACKSLASH || text.includes(quoted, at + quoted.length)) return undefined;
  const colon = afterSpace(text, at + quoted.length);
  if (text.charCodeAt(colon) !== COLON) return undefined;
  const start = afterSpace(text, colon + 1);
  if (text.charCodeAt(start) !== OPEN) return undefined;
  // The name may be written in escapes, and what was found be another one. Most texts have none.
  const isCertain = !text.includes('\\') || isSame(text.slice(start, endOfValue(text, start)), value);
  return isCertain ? start : undefined;
}

function isSame(text: string, value: unknown): boolean {
  return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
}

function afterSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return at;
    at += 1;
  }
}

/** Behind the string that begins here. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

/** Behind the value that begins here. */
function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return endOfString(text, start);
  if ((first | BRACE_BIT) === OPEN) return endOfBraces(text, start);
  let at = start;
  while (at < text.length && text.charCodeAt(at) !== COMMA && text.charCodeAt(at) !== CLOSE) at += 1;
  return at;
}

/** Behind the object or array that begins here. */
function endOfBraces(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if ((code | BRACE_BIT) === OPEN) depth += 1;
    else if ((code | BRACE_BIT) === CLOSE && (depth -= 1) === 0) return at + 1;
  }
  return text.length;
}
