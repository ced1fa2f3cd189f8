import { isObject } from './json-rpc.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COLON = 0x3a;

/**
 * A JSON text with another object in the place of a member's, without reading or writing the rest of it again.
 *
 * @param bytes well-formed JSON
 * @param parent the object in it that has the member, as it was parsed
 * @param key name of the member
 * @param json the new object
 * @returns absent if the place of the member is not certain: it is not there, is no object, or its name occurs twice. Who
 *   writes a name once as it is and once in escapes, with the same object behind both, is not told apart: it is its own text
 */
export function withMember(bytes: Buffer, parent: unknown, key: string, json: Buffer): Buffer | undefined {
  if (!isObject(parent) || !isObject(parent[key])) return undefined;
  const quoted = JSON.stringify(key);
  const at = bytes.indexOf(quoted);
  // Behind a backslash it is the end of another name.
  if (at < 0 || bytes[at - 1] === BACKSLASH || bytes.includes(quoted, at + quoted.length)) return undefined;
  const colon = afterSpace(bytes, at + quoted.length);
  if (bytes[colon] !== COLON) return undefined;
  const start = afterSpace(bytes, colon + 1);
  const end = endOfObject(bytes, start);
  if (end === undefined) return undefined;
  // The member may be written in escapes, and what was found be another one. Most texts have none.
  if (bytes.includes(BACKSLASH) && !isSame(bytes.subarray(start, end), parent[key])) return undefined;
  return Buffer.concat([bytes.subarray(0, start), json, bytes.subarray(end)]);
}

function isSame(text: Buffer, value: unknown): boolean {
  return JSON.stringify(JSON.parse(text.toString('utf8'))) === JSON.stringify(value);
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at += 1;
  return at;
}

/** Behind the object that begins here. */
function endOfObject(bytes: Buffer, start: number): number | undefined {
  if (bytes[start] !== OPEN) return undefined;
  let depth = 0;
  let inText = false;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) {
      inText = true;
    } else if (byte === OPEN) {
      depth += 1;
    } else if (byte === CLOSE) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}
