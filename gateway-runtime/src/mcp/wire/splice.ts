import { endOfString } from '@agentyard/runtime-kit';

const [QUOTE, COMMA, BACKSLASH, OPEN, CLOSE] = [0x22, 0x2c, 0x5c, 0x7b, 0x7d];
/** `[` and `{` are one another with this bit, and so are `]` and `}`. */
const BRACE_BIT = 0x20;

/** Where a member is in a text, or where it would be. */
interface Place {
  readonly start: number;
  /** Behind its value; the same as `start` if it is not there. */
  readonly end: number;
  /** How many objects on the way to it are there. */
  readonly depth: number;
  /** Whether the last of these has no other members. */
  readonly isEmpty: boolean;
}

/**
 * A JSON text in which a member of an object has another value, or has come to it, without reading or writing the rest of
 * it again. What the text has twice counts as it does for `JSON.parse`: the last one.
 *
 * @param bytes well-formed JSON
 * @param path names of the objects within each other that lead to the member, and its own; one that is not there is made
 * @param json the new value
 * @returns absent if its place is not certain: something on the way is no object, or has a name with escapes in it
 */
export function withMember(bytes: Buffer, path: readonly string[], json: Buffer): Buffer | undefined {
  const place = new MemberSearch(bytes, path).search();
  if (place === undefined) return undefined;
  const { start, end, depth, isEmpty } = place;
  const before = bytes.subarray(0, start);
  if (start < end) return Buffer.concat([before, json, bytes.subarray(end)]);
  const missing = path.slice(depth - 1);
  const opening = missing.map((name) => `${JSON.stringify(name)}:`).join('{');
  const closing = '}'.repeat(missing.length - 1) + (isEmpty ? '' : ',');
  return Buffer.concat([before, Buffer.from(opening), json, Buffer.from(closing), bytes.subarray(end)]);
}

class MemberSearch {
  private place: Place | undefined;
  /** The names as they stand in a text. */
  private readonly names: readonly Buffer[];

  public constructor(
    private readonly bytes: Buffer,
    path: readonly string[],
  ) {
    this.names = path.map((name) => Buffer.from(name));
  }

  public search(): Place | undefined {
    const start = afterSpace(this.bytes, 0);
    return this.bytes[start] === OPEN && this.readObject(start, 1) !== undefined ? this.place : undefined;
  }

  /** @returns the place behind the object that begins here; absent if it is not certain what it has */
  private readObject(start: number, depth: number): number | undefined {
    const { bytes } = this;
    let at = afterSpace(bytes, start + 1);
    const isEmpty = bytes[at] === CLOSE;
    this.place = { start: start + 1, end: start + 1, depth, isEmpty };
    while (bytes[at] === QUOTE) {
      const endOfName = endOfString(bytes, at + 1);
      const name = bytes.subarray(at + 1, endOfName);
      if (name.includes(BACKSLASH)) return undefined;
      const value = afterSpace(bytes, afterSpace(bytes, endOfName + 1) + 1);
      const end =
        this.names[depth - 1]?.equals(name) === true ? this.readWanted(value, depth) : endOfValue(bytes, value);
      if (end === undefined) return undefined;
      at = afterSpace(bytes, end);
      if (bytes[at] === COMMA) at = afterSpace(bytes, at + 1);
    }
    return at + 1;
  }

  private readWanted(start: number, depth: number): number | undefined {
    if (depth < this.names.length) return this.bytes[start] === OPEN ? this.readObject(start, depth + 1) : undefined;
    const end = endOfValue(this.bytes, start);
    this.place = { start, end, depth, isEmpty: false };
    return end;
  }
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
  while (at < bytes.length && bytes[at] !== COMMA && ((bytes[at] as number) | BRACE_BIT) !== CLOSE) at += 1;
  return at;
}

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
