import type { IncomingHttpHeaders } from 'node:http';
import { ENVELOPE, envelopeFault, hasEnvelope, metaOf, revisionOf } from './envelope.js';
import {
  ERROR_CODES,
  isNotification,
  isObject,
  isRequest,
  isResponse,
  RpcError,
  type JsonObject,
  type RpcNotification,
  type RpcRequest,
} from './json-rpc.js';
import { headerOf, refuseOtherHeaders, refuseOtherMethod, refuseOtherRevision } from './mirrored-headers.js';
import { BATCH_REVISION, isModern, LEGACY_REVISIONS, MODERN_REVISIONS } from './revision.js';

/** Most messages of a batch. */
const MAX_BATCH = 100;

/** What a POST carries. The body decides of which era it is, headers have to agree with it. */
export type Inbound =
  | { readonly era: 'modern' | 'legacy'; readonly kind: 'request'; readonly message: RpcRequest }
  | { readonly era: 'modern' | 'legacy'; readonly kind: 'notification'; readonly message: RpcNotification }
  /** The answer to a request that a server has sent. */
  | { readonly era: 'legacy'; readonly kind: 'response'; readonly message: JsonObject }
  | { readonly era: 'legacy'; readonly kind: 'batch'; readonly messages: readonly JsonObject[] };

/**
 * Reads what a POST carries (MCP 2026-07-28, Streamable HTTP; MCP 2025-11-25, Transports).
 *
 * @param body any JSON value
 * @throws RpcError with status 400 for what no revision takes
 */
export function readInbound(body: unknown, headers: IncomingHttpHeaders): Inbound {
  if (Array.isArray(body)) return readBatch(body, headers);
  if (isRequest(body))
    return isOfModern(body, headers) ? modernRequest(body, headers) : legacy('request', body, headers);
  if (isNotification(body)) return readNotification(body, headers);
  if (isResponse(body)) return legacy('response', body, headers);
  throw invalid('the body is not a JSON-RPC message of MCP');
}

/** `initialize` is of the legacy era unless its envelope says otherwise. */
function isOfModern({ method, params }: RpcRequest, headers: IncomingHttpHeaders): boolean {
  const named = headerOf(headers, 'mcp-protocol-version');
  const isNamedModern = named !== undefined && isModern(named);
  if (method !== 'initialize') return hasEnvelope(params) || isNamedModern;
  const claimed = revisionOf(params);
  if (claimed !== undefined && isModern(claimed) && envelopeFault(metaOf(params) ?? {}) === undefined) return true;
  if (isNamedModern) refuseOtherRevision(named, 'initialize, which no revision without sessions has');
  return false;
}

function modernRequest(message: RpcRequest, headers: IncomingHttpHeaders): Inbound {
  const { params } = message;
  const fault = envelopeFault(metaOf(params) ?? {});
  if (fault !== undefined) {
    const text = `params._meta["${fault.key}"]: ${fault.problem}`;
    throw new RpcError(ERROR_CODES.invalidParams, text, { envelope: fault }, 400);
  }
  const revision = revisionOf(params) ?? '';
  const named = headerOf(headers, 'mcp-protocol-version');
  if (named !== undefined && named !== revision) refuseOtherRevision(named, revision);
  refuseOtherMethod(headers, message.method);
  if (!MODERN_REVISIONS.includes(revision)) throw unsupported(revision);
  refuseOtherHeaders(headers, message);
  return { era: 'modern', kind: 'request', message };
}

/** Notifications need no headers, but those that they have must agree. */
function readNotification(message: RpcNotification, headers: IncomingHttpHeaders): Inbound {
  const { method, params } = message;
  const named = headerOf(headers, 'mcp-protocol-version');
  if (!hasEnvelope(params) && !(named !== undefined && isModern(named)))
    return legacy('notification', message, headers);
  const revision = hasEnvelope(params) ? revisionOf(params) : named;
  if (revision === undefined) {
    const envelope = { key: ENVELOPE.revision, problem: 'must be a text' };
    throw new RpcError(ERROR_CODES.invalidParams, `params._meta["${envelope.key}"]: must be a text`, { envelope }, 400);
  }
  if (named !== undefined && named !== revision) refuseOtherRevision(named, revision);
  if (isModern(revision)) refuseOtherMethod(headers, method);
  if (!MODERN_REVISIONS.includes(revision)) throw unsupported(revision);
  return { era: 'modern', kind: 'notification', message };
}

function readBatch(messages: readonly unknown[], headers: IncomingHttpHeaders): Inbound {
  const { 'mcp-protocol-version': named = BATCH_REVISION } = headers;
  if (named !== BATCH_REVISION) throw invalid(`revision ${String(named)} has no batches`);
  if (messages.length === 0 || messages.length > MAX_BATCH) {
    throw invalid(`a batch has 1 to ${MAX_BATCH} messages, and not ${messages.length}`);
  }
  const objects = messages.filter(
    (message): message is JsonObject => isRequest(message) || isNotification(message) || isResponse(message),
  );
  if (objects.length < messages.length) throw invalid('the batch has something that is not a JSON-RPC message of MCP');
  if (objects.some(({ params }) => hasEnvelope(params))) throw invalid('a batch has messages of a revision without');
  if (objects.some(({ method }) => method === 'initialize')) throw invalid('initialize stands alone');
  return { era: 'legacy', kind: 'batch', messages: objects };
}

function legacy<K extends 'request' | 'notification' | 'response'>(
  kind: K,
  message: Extract<Inbound, { kind: K }>['message'],
  headers: IncomingHttpHeaders,
): Inbound {
  const named = headerOf(headers, 'mcp-protocol-version');
  const isFirst = isObject(message) && 'method' in message && message.method === 'initialize';
  if (named !== undefined && !isFirst && !LEGACY_REVISIONS.includes(named)) {
    const text = `revision ${named} is not served; ${[...MODERN_REVISIONS, ...LEGACY_REVISIONS].join(', ')} are`;
    throw new RpcError(ERROR_CODES.server, text, undefined, 400);
  }
  return { era: 'legacy', kind, message } as Inbound;
}

function unsupported(requested: string): RpcError {
  const data = { supported: [...MODERN_REVISIONS], requested };
  return new RpcError(ERROR_CODES.unsupportedVersion, `Unsupported protocol version: ${requested}`, data, 400);
}

function invalid(text: string): RpcError {
  return new RpcError(ERROR_CODES.invalidRequest, text, undefined, 400);
}
