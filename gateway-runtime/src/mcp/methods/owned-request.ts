import { Refusal } from '../../overload/refusal.js';
import { ROLE_MISSING } from '../../pipeline/authorize.js';
import type { McpExchange } from '../exchange.js';
import type { Owned } from '../federation/catalog.js';
import { forwardRequest, type ForwardedRequest } from '../relay/forward-request.js';
import { continued } from '../relay/forward-in-session.js';
import type { RelayedAnswer } from '../relay/relayed-answer.js';
import type { McpReply } from '../reply.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import { metaOf } from '../wire/envelope.js';
import { ERROR_CODES, isObject, RpcError, type JsonObject, type RpcRequest } from '../wire/json-rpc.js';
import { admitted, noteRefusal } from './admitted.js';

/** A request for something that one backend has, as the caller may use it. */
export interface OwnedRequest {
  readonly request: RpcRequest;
  readonly owned: Owned;
  /** Its parameters with the backend's own names. */
  readonly params: JsonObject;
}

/** Longest name of a tool or prompt in a log line: it is what a client has sent. */
const MAX_LOGGED = 128;

/** A name for a log line. */
export function loggedName(name: string): string {
  return name.length > MAX_LOGGED ? `${name.slice(0, MAX_LOGGED)}...` : name;
}

/** Refuses what is not offered, or not to this caller, who cannot tell one from the other. */
export function refuseUnknown(
  { context: { audit } }: McpExchange,
  exists: boolean,
  kind: string,
  name: string,
  data?: JsonObject,
): never {
  audit.deny(exists ? ROLE_MISSING : `${kind}-unknown`);
  throw unknown(kind, name, data);
}

/** Says that something is not there. */
export function unknown(kind: string, name: string, data?: JsonObject): RpcError {
  const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  return new RpcError(
    ERROR_CODES.invalidParams,
    data === undefined ? `Unknown ${kind}: ${name}` : `${title} not found`,
    data,
  );
}

/**
 * Sends a request on that the caller may make, or goes on with the call that its state names, when it is its turn.
 *
 * @throws UpstreamUnavailableError if there is no answer; Refusal
 */
export function forwardOwned(exchange: McpExchange, owned: OwnedRequest, reply: McpReply): Promise<RelayedAnswer> {
  const tool = owned.request.method === 'tools/call' ? owned.owned.name : undefined;
  return admitted(exchange, owned.owned.backend, tool, reply, (leftMs) => {
    exchange.context.audit.allow();
    return forwardAdmitted(exchange, owned, leftMs, reply);
  });
}

function forwardAdmitted(
  exchange: McpExchange,
  { request, owned: { backend }, params }: OwnedRequest,
  timeoutMs: number,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const { id, method } = request;
  const forwarded: ForwardedRequest = { backend, id, method, timeoutMs, ...forwardable(params, request, reply) };
  const { requestState: state } = params;
  if (!exchange.services.held.isOurs(state)) return forwardRequest(exchange, forwarded, reply);
  return forwardContinued(exchange, forwarded, state, params.inputResponses, reply);
}

/** Goes on with the call that the state of a request names. */
async function forwardContinued(
  exchange: McpExchange,
  forwarded: ForwardedRequest,
  state: string,
  responses: unknown,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const owner = exchange.services.held.ownerOf(state, exchange.caller);
  if (owner !== undefined) await exchange.toOwner(owner);
  const call = exchange.services.held.take(state, exchange.caller, forwarded);
  if (call === undefined) {
    throw new RpcError(
      ERROR_CODES.invalidParams,
      'params.requestState is of no such call, or of one that has ended. Call again without it.',
    );
  }
  try {
    if (isObject(responses)) await call.answer(responses);
  } catch (error) {
    call.cancel('its answers did not get there');
    throw error;
  }
  return continued(exchange, call, forwarded, reply);
}

/** As `forwardOwned`; a backend that gives no answer is an error for the client. */
export async function answerOwned(exchange: McpExchange, owned: OwnedRequest, reply: McpReply): Promise<RelayedAnswer> {
  try {
    return await forwardOwned(exchange, owned, reply);
  } catch (error) {
    if (error instanceof Refusal) {
      const text = noteRefusal(exchange, owned.owned.backend, error, reply);
      throw new RpcError(ERROR_CODES.server, text, { retryAfterSeconds: Number(error.retryAfter) });
    }
    if (!(error instanceof UpstreamUnavailableError)) throw error;
    throw new RpcError(ERROR_CODES.internal, noteUnavailable(exchange, owned.owned, error));
  }
}

/** Logs that a backend gave no answer. @returns the same in words for the client */
export function noteUnavailable(
  { context }: McpExchange,
  { backend }: Pick<Owned, 'backend'>,
  error: UpstreamUnavailableError,
): string {
  const { title, label } = backend.target;
  context.audit.note({ reason: error.wasSent ? 'upstream-failed' : 'upstream-unavailable' });
  context.log.warn({ event: `${backend.kind}-unavailable`, ...label, reason: error.message }, 'a request failed');
  return error.wasSent
    ? `The ${title} failed: ${error.message}. The call may have had its effect.`
    : `The ${title} is unavailable: ${error.message}. Nothing was called; the call may be retried.`;
}

/** Progress is not asked for where it cannot be passed back; trace context and the like go on. */
function forwardable(
  params: JsonObject,
  { params: sent }: RpcRequest,
  { takesEvents }: McpReply,
): Pick<ForwardedRequest, 'params' | 'isVerbatim'> {
  const meta = metaOf(params);
  if (takesEvents || meta?.progressToken === undefined) return { params, isVerbatim: params === sent };
  const { progressToken: _progressToken, ...rest } = meta;
  return { params: { ...params, _meta: rest } };
}
