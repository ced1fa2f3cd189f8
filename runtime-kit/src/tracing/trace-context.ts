import type { IncomingHttpHeaders } from 'node:http';

/** Where in a trace a request comes from (W3C Trace Context): by headers, or by members of `_meta` of the same names. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether the one who sends it records the trace, by its own word. */
  readonly isSampled: boolean;
  /** What others have added, as it was sent. */
  readonly state?: string;
}

/** Where in a trace a request to another one comes from, as headers or members of `_meta`. */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Length of version 00: `00-<trace id>-<span id>-<flags>`. */
const LENGTH = 55;

/** Longest `tracestate` that is passed on; shorter ones have to be (W3C Trace Context, 3.3.1.5). */
const MAX_STATE = 512;

/** Where the parts of it are parted. */
const DASHES = [2, 35, 52] as const;

const [DASH, ZERO, NINE, A, F] = [0x2d, 0x30, 0x39, 0x61, 0x66];

/** Where the headers of a request say that it comes from; absent if they do not, or not rightly. */
export function traceParentOf(headers: IncomingHttpHeaders): TraceParent | undefined {
  return headers.traceparent === undefined ? undefined : parseTraceParent(headers.traceparent, headers.tracestate);
}

/**
 * Reads `traceparent` and `tracestate`. Of a version to come only what version 00 has is read (W3C Trace Context, 3.2.3).
 *
 * @returns absent for what is none
 */
export function parseTraceParent(parent: unknown, state: unknown): TraceParent | undefined {
  if (typeof parent !== 'string' || parent.length < LENGTH || !isWellFormed(parent)) return undefined;
  const traceId = parent.slice(3, 35);
  const spanId = parent.slice(36, 52);
  const isSampled = (Number.parseInt(parent.slice(53, LENGTH), 16) & 1) === 1;
  const keepsState = typeof state === 'string' && state.length <= MAX_STATE && isPrintable(state);
  return { traceId, spanId, isSampled, ...(keepsState && { state }) };
}

/** The same as headers. */
export function traceHeaders(parent: TraceParent, isSampled = parent.isSampled): TraceHeaders {
  const { traceId, spanId, state } = parent;
  const traceparent = `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}

/** Without a regular expression: this is read with each request that has one. */
function isWellFormed(text: string): boolean {
  if (text.startsWith('ff') || !isHexadecimal(text, 0, 2)) return false;
  if (!isId(text, 3, 35) || !isId(text, 36, 52) || !isHexadecimal(text, 53, LENGTH)) return false;
  for (const at of DASHES) if (text.charCodeAt(at) !== DASH) return false;
  return text.length === LENGTH || (text.charCodeAt(LENGTH) === DASH && !text.startsWith('00'));
}

/** An id that has zeros alone is none. */
function isId(text: string, from: number, to: number): boolean {
  if (!isHexadecimal(text, from, to)) return false;
  for (let i = from; i < to; i += 1) if (text.charCodeAt(i) !== ZERO) return true;
  return false;
}

function isHexadecimal(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    const code = text.charCodeAt(i);
    if ((code < ZERO || code > NINE) && (code < A || code > F)) return false;
  }
  return true;
}

/** What a header may hold. */
function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
