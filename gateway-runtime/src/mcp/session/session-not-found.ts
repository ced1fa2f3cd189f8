import { ERROR_CODES, RpcError } from '../wire/json-rpc.js';

/** The answer in a session that has ended: its client begins another one (MCP 2025-11-25, "Session Management"). */
export function sessionNotFound(): RpcError {
  return new RpcError(ERROR_CODES.sessionNotFound, 'Session not found', undefined, 404);
}
