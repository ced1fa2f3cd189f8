import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';

/** Rejects as soon as the signal is aborted, for work that is shared and must not be aborted itself. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Whoever stops waiting leaves the work alone; its failure is then nobody's.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** Whether the connection or its session is gone: it was not the toolset that answered. */
export function isLostConnection(error: unknown): boolean {
  if (error instanceof ProtocolError || isRefusal(error)) return false;
  if (!(error instanceof SdkError) || error instanceof SdkHttpError) return true;
  return error.code === SdkErrorCode.ConnectionClosed || error.code === SdkErrorCode.NotConnected;
}

/** Whether the toolset does not let the agent in, or not for this user. */
function isRefusal(error: unknown): boolean {
  return error instanceof SdkHttpError && (error.status === 401 || error.status === 403);
}

/** Whether a request surely reached no tool: nobody listened, or the session was unknown (404). */
export function neverRan(error: unknown): boolean {
  if (error instanceof SdkHttpError) return error.status === 404;
  return codesOf(error).includes('ECONNREFUSED');
}

/** What is wrong with a toolset, in a word that may stand in a log line. */
export function failureName(error: unknown): string {
  if (error instanceof SdkHttpError) return `HTTP ${error.status}`;
  const code = codesOf(error)[0];
  if (code !== undefined) return code;
  if (error instanceof SdkError) return error.code;
  if (error instanceof ProtocolError) return `JSON-RPC ${error.code}`;
  return error instanceof Error ? error.name : 'unknown';
}

/** The same as one of a few words, for metrics. */
export function failureType(error: unknown): string {
  if (error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout) return 'timeout';
  if (error instanceof ProtocolError || isRefusal(error)) return 'refused';
  return neverRan(error) ? 'unreachable' : 'no_answer';
}

/** What the model is told of a call that failed. What the toolset itself said helps it to correct the call. */
export function failureMessage(error: unknown, timeoutMs: number): string {
  if (error instanceof ProtocolError) return `The toolset refused the call: ${error.message}`;
  if (error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout) {
    return `The tool did not answer within ${timeoutMs} ms.`;
  }
  if (isRefusal(error)) return `The toolset refused the call (${failureName(error)}).`;
  return `The toolset could not be reached (${failureName(error)}).`;
}

/** Network error codes along the chain of causes: fetch wraps them, and one address of several may be the cause. */
function codesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, errors, cause } = error as {
    readonly code?: unknown;
    readonly errors?: unknown;
    readonly cause?: unknown;
  };
  const own = typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code) ? [code] : [];
  return [...own, ...(Array.isArray(errors) ? errors.flatMap(codesOf) : []), ...codesOf(cause)];
}
