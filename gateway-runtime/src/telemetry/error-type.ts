import type { Outcome } from '@agentyard/runtime-kit';
import { ERROR_CODES } from '../mcp/wire/json-rpc.js';

/** What may be the type of an error; `_OTHER` is the word of OpenTelemetry's conventions for any further one. */
const OTHER = '_OTHER';

/** Codes of JSON-RPC as texts: servers may answer with any number, and each would be a series of its own. */
const CODES: ReadonlyMap<number, string> = new Map(Object.values(ERROR_CODES).map((code) => [code, String(code)]));

/** What is known of the end of an operation. */
export interface Ending {
  /** Code of the JSON-RPC error that it was answered with. */
  readonly rpcError?: number;
  /** Whether a tool says that it failed. */
  readonly isError?: boolean;
}

/** The type of the error that an operation of MCP was answered with (`error.type`); empty without one. */
export function errorTypeOf({ rpcError, isError }: Ending): string {
  if (rpcError !== undefined) return CODES.get(rpcError) ?? OTHER;
  return isError === true ? 'tool_error' : '';
}

/** The type of the error that a request ended with, whatever its protocol; empty without one. */
export function errorTypeOfRequest(outcome: Outcome, ending: Ending): string {
  const own = errorTypeOf(ending);
  return own === '' && outcome !== 'ok' ? outcome : own;
}
