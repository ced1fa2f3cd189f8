/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Id of a request, as MCP has it: JSON-RPC's null and fractions are left out (MCP, Base Protocol, "Requests"). */
export type RpcId = string | number;

export interface RpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: RpcId;
  readonly method: string;
  readonly params?: JsonObject;
}

export interface RpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: JsonObject;
}

/** Codes of errors: those of JSON-RPC 2.0, 5.1, and those of MCP 2026-07-28. */
export const ERROR_CODES = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  /** For HTTP: the code that MCP's own servers use where no other fits. */
  server: -32_000,
  /** As MCP's own servers answer for a session that is gone. */
  sessionNotFound: -32_001,
  headerMismatch: -32_020,
  unsupportedVersion: -32_022,
} as const;

/** Thrown to answer a message with a JSON-RPC error. */
export class RpcError extends Error {
  /**
   * @param status HTTP status; 200 for what the one who answers a well-formed request has to say of it
   */
  public constructor(
    public readonly code: number,
    message: string,
    public readonly data?: unknown,
    public readonly status = 200,
  ) {
    super(message);
    this.name = 'RpcError';
  }

  /** The answer. @param id null where no single request is meant */
  public toMessage(id: RpcId | null): JsonObject {
    const { code, message, data } = this;
    return { jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } };
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isRequest(value: unknown): value is RpcRequest {
  return isObject(value) && isCall(value) && isId(value.id);
}

export function isNotification(value: unknown): value is RpcNotification {
  return isObject(value) && isCall(value) && !Object.hasOwn(value, 'id');
}

/** Whether it is the answer to a request, with a result or with an error. */
export function isResponse(value: unknown): value is JsonObject {
  if (!isObject(value) || value.jsonrpc !== '2.0') return false;
  if (value.method !== undefined || value.params !== undefined) return false;
  if (Object.hasOwn(value, 'result')) return isObject(value.result) && isId(value.id) && !Object.hasOwn(value, 'error');
  const { error, id } = value;
  // An error that is about a request that could not be read has no id, or null (JSON-RPC 2.0, 5).
  if (id !== undefined && id !== null && !isId(id)) return false;
  return isObject(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string';
}

/** Id of what came, where it can be read, so that even a refusal names it. */
export function idOf(value: unknown): RpcId | null {
  return isObject(value) && typeof value.method === 'string' && isId(value.id) ? value.id : null;
}

function isCall(value: JsonObject): boolean {
  // What MCP does not know may be there, but no member of another kind of message.
  return (
    value.jsonrpc === '2.0' &&
    typeof value.method === 'string' &&
    value.result === undefined &&
    value.error === undefined &&
    (value.params === undefined || isParams(value.params))
  );
}

function isParams(value: unknown): boolean {
  return isObject(value) && (value._meta === undefined || isObject(value._meta));
}

export function isId(value: unknown): value is RpcId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}
