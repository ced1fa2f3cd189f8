import type { IncomingHttpHeaders } from 'node:http';

/** Headers, and members of `_meta` of MCP's messages, that say where in a trace a request is (W3C Trace Context). */
export const TRACEPARENT = 'traceparent';
export const TRACESTATE = 'tracestate';

/** Where in a trace a request comes from. */
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
export function traceHeaders({ traceId, spanId, isSampled, state }: TraceParent): TraceHeaders {
  const traceparent = `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}

/** Without a regular expression: this is read with each request that has one. */
function isWellFormed(text: string): boolean {
  let traceDigits = 0;
  let spanDigits = 0;
  for (let i = 0; i < LENGTH; i += 1) {
    const code = text.charCodeAt(i);
    if (i === 2 || i === 35 || i === 52) {
      if (code !== DASH) return false;
      continue;
    }
    if ((code < ZERO || code > NINE) && (code < A || code > F)) return false;
    if (code === ZERO) continue;
    if (i > 2 && i < 35) traceDigits += 1;
    else if (i > 35 && i < 52) spanDigits += 1;
  }
  if (traceDigits === 0 || spanDigits === 0 || text.startsWith('ff')) return false;
  return text.length === LENGTH || (text.charCodeAt(LENGTH) === DASH && !text.startsWith('00'));
}

/** What a header may hold. */
function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
