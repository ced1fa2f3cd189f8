import type { IncomingHttpHeaders } from 'node:http';
import type { ClientSide } from './client-side.js';
import type { McpEndpoint } from './endpoint.js';
import type { ClientSession } from './session/client-session.js';
import { sessionNotFound } from './session/session-not-found.js';
import { SESSION_HEADER } from './upstream/legacy-session.js';
import { ENVELOPE, LOG_LEVEL, metaOf, revisionOf } from './wire/envelope.js';
import type { Inbound } from './wire/inbound.js';
import { isObject, type JsonObject } from './wire/json-rpc.js';
import { BATCH_REVISION } from './wire/revision.js';

const NOTHING: JsonObject = {};

/** Who sends a message: it says so itself, or its session does. @throws RpcError with status 404 for a session that is none */
export function clientOf(inbound: Inbound, headers: IncomingHttpHeaders, endpoint: McpEndpoint): ClientSide {
  if (inbound.era === 'modern') return modernClient(inbound.message.params);
  const isFirst = inbound.kind === 'request' && inbound.message.method === 'initialize';
  if (isFirst || headers[SESSION_HEADER] === undefined) {
    const { 'mcp-protocol-version': named = BATCH_REVISION } = headers;
    return { era: 'legacy', revision: String(named), capabilities: NOTHING };
  }
  const session = sessionNamed(headers, endpoint);
  const logLevel = endpoint.services.levels.of(session.key);
  return {
    era: 'legacy',
    revision: session.revision,
    capabilities: session.capabilities,
    session,
    ...(logLevel !== undefined && { logLevel }),
  };
}

/** The session that a header names. @throws RpcError with status 404 for one that is none of the caller's, or over */
export function sessionNamed(headers: IncomingHttpHeaders, endpoint: McpEndpoint): ClientSession {
  const { services, caller, path, context } = endpoint;
  const session = services.sessions.sessionOf(String(headers[SESSION_HEADER]), caller, path);
  if (session === undefined || services.ended.has(session.key)) {
    context.audit.deny('session-unknown');
    throw sessionNotFound();
  }
  context.audit.note({ session: session.key });
  return session;
}

function modernClient(params: unknown): ClientSide {
  const meta = metaOf(params) ?? NOTHING;
  const { [ENVELOPE.clientCapabilities]: capabilities, [ENVELOPE.clientInfo]: info, [LOG_LEVEL]: logLevel } = meta;
  return {
    era: 'modern',
    revision: revisionOf(params) ?? '',
    capabilities: isObject(capabilities) ? capabilities : NOTHING,
    info: isObject(info) ? info : undefined,
    logLevel: typeof logLevel === 'string' ? logLevel : undefined,
  };
}
