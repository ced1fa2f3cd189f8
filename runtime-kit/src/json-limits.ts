import { HttpProblem } from './http-problem.js';

/** How large a JSON text may be in what its parsed value costs. */
export interface JsonLimits {
  /** Most arrays and objects within each other. */
  readonly depth: number;
  /** Most members of objects and elements of arrays, all together. */
  readonly members: number;
}

/** What a runtime takes whose document says nothing else. */
export const USUAL_JSON_LIMITS: JsonLimits = { depth: 64, members: 100_000 };

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
/** `[` and `{` are one another with this bit, and so are `]` and `}`. */
const BRACE_BIT = 0x20;
const [OPEN, CLOSE] = [0x7b, 0x7d];

/**
 * What of a JSON text is over a limit, found in one pass over its bytes and before anything is parsed. Whether it is
 * JSON at all is for the parser to say.
 */
export function jsonExcess(bytes: Uint8Array, { depth, members }: JsonLimits): 'depth' | 'members' | undefined {
  const { length } = bytes;
  // A level takes two bytes at least, a member one.
  if (length <= 2 * depth && length <= members) return undefined;
  let open = 0;
  let count = 0;
  for (let i = 0; i < length; i += 1) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) {
      i = endOfString(bytes, i + 1);
    } else if (byte === COMMA) {
      if ((count += 1) > members) return 'members';
    } else if ((byte | BRACE_BIT) === OPEN) {
      if ((open += 1) > depth) return 'depth';
      // What is opened has a first member, or is one that costs as much.
      if ((count += 1) > members) return 'members';
    } else if ((byte | BRACE_BIT) === CLOSE) {
      open -= 1;
    }
  }
  return undefined;
}

/** Strings up to this length are quicker read byte by byte. */
const SHORT = 32;

/** Index of the quote that ends a string; the length of the text, or more, if none does. */
function endOfString(bytes: Uint8Array, start: number): number {
  const near = Math.min(start + SHORT, bytes.length);
  let i = start;
  for (; i < near; i += 1) {
    const byte = bytes[i];
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i += 1;
  }
  for (;;) {
    const end = bytes.indexOf(QUOTE, i);
    if (end === -1) return bytes.length;
    let escapes = 0;
    while (end - escapes > i && bytes[end - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
    i = end + 1;
  }
}

/** What is said of an excess. */
export function excessDetail(excess: 'depth' | 'members', limits: JsonLimits): string {
  return excess === 'depth'
    ? `Arrays and objects may stand ${limits.depth} deep within each other.`
    : `It may have ${limits.members} members and elements.`;
}

/** @throws HttpProblem `json-excessive` */
export function refuseExcessiveJson(bytes: Uint8Array, limits: JsonLimits): void {
  const excess = jsonExcess(bytes, limits);
  if (excess !== undefined) throw new HttpProblem('json-excessive', excessDetail(excess, limits));
}
