import type { Outcome } from '../../overload/circuit-breaker.js';
import type { Refusal } from '../../overload/refusal.js';
import type { McpExchange } from '../exchange.js';
import type { Backend } from '../federation/catalog.js';
import type { McpReply } from '../reply.js';
import { ERROR_CODES, RpcError } from '../wire/json-rpc.js';
import { NotServedError, UpstreamUnavailableError } from '../upstream/unavailable.js';

/**
 * Uses a backend when the request is within its limits, and when it is its turn.
 *
 * @param tool its own name; absent for what is no tool
 * @param use told how much of the request's time is left, in milliseconds
 * @throws Refusal when it may not; nothing was sent
 */
export async function admitted<T>(
  { overload, caller, context }: McpExchange,
  { kind, target }: Backend,
  tool: string | undefined,
  reply: McpReply,
  use: (leftMs: number) => Promise<T>,
): Promise<T> {
  const since = performance.now();
  const { user } = caller;
  const counted = overload.rates.take(caller, { toolset: target.name, tool }, reply);
  if (counted !== undefined) await counted;
  const place = overload.gate(kind, target.name).enter({ user, leftMs: target.timeoutMs, signal: context.departure });
  const end = place instanceof Promise ? await place : place;
  let outcome: Outcome = 'unknown';
  try {
    const used = await use(Math.max(1, Math.ceil(target.timeoutMs - (performance.now() - since))));
    outcome = 'ok';
    return used;
  } catch (error) {
    if (isFailure(error) && !context.departure.aborted) outcome = 'failed';
    throw error;
  } finally {
    end(outcome);
  }
}

/** Whether an error says that a backend does not work. */
export function isFailure(error: unknown): error is UpstreamUnavailableError {
  return error instanceof UpstreamUnavailableError && !(error instanceof NotServedError);
}

/**
 * Notes that a backend was not asked.
 *
 * @returns the same in words for the client
 * @throws RpcError with status 429 when it is the caller who asks for too much
 */
export function noteRefusal(
  { context: { audit } }: McpExchange,
  { target }: Backend,
  { code, message, retryAfter, isOfCaller }: Refusal,
  reply: McpReply,
): string {
  audit.note({ problem: code });
  audit.deny(code);
  reply.retryAfter(retryAfter);
  const text = `The ${target.title} was not called: ${message}. The call may be retried after ${retryAfter} s.`;
  if (!isOfCaller) return text;
  throw new RpcError(ERROR_CODES.server, text, { retryAfterSeconds: Number(retryAfter) }, 429);
}
