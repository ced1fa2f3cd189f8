import { detached } from '../upstream/call-context.js';
import { randomBytes } from 'node:crypto';
import type { McpExchange } from '../exchange.js';
import { heldSessions, type ClientSession, type HeldSession } from '../session/client-session.js';
import type { SessionIds } from '../session/session-ids.js';
import { endSession, openSession } from '../upstream/legacy-session.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import { ERROR_CODES, isObject, RpcError, type JsonObject } from '../wire/json-rpc.js';
import { MODERN_REVISIONS, negotiated } from '../wire/revision.js';
import { uncached } from '../server-description.js';
import { describedServers, descriptionFor, type DescribedServer } from './describe.js';

/** A session that has begun. */
export interface Initialized {
  readonly result: JsonObject;
  /** Its id. */
  readonly sessionId: string;
}

/**
 * Begins a session (MCP 2025-11-25, Lifecycle), and one at each server that has sessions, all at once. A server that
 * does not open one in its time serves this client without.
 *
 * @throws RpcError -32602
 */
export async function initialize(exchange: McpExchange, params: JsonObject): Promise<Initialized> {
  const { serverInfo, context } = exchange;
  const { protocolVersion: requested, capabilities, clientInfo } = params;
  if (typeof requested !== 'string') {
    throw new RpcError(ERROR_CODES.invalidParams, 'params.protocolVersion must be a text');
  }
  const side = {
    ...exchange.client,
    revision: negotiated(requested),
    capabilities: isObject(capabilities) ? capabilities : {},
    ...(isObject(clientInfo) && { info: clientInfo }),
  };
  const begun = { ...exchange, client: side };
  const servers = await describedServers(begun);
  const held = await openAll(begun, servers);
  if (context.departure.aborted) endAll(begun, servers, held);
  const { id, session } = sealed(begun, servers, held);
  context.audit.note({ session: session.key });
  const description = descriptionFor(begun, servers);
  return { result: { protocolVersion: side.revision, ...description, serverInfo }, sessionId: id };
}

/** A session with its id. What its servers have opened for nothing is ended. */
function sealed(
  exchange: McpExchange,
  servers: readonly DescribedServer[],
  held: ClientSession['held'],
): ReturnType<SessionIds['idOf']> {
  const { services, client, caller, path } = exchange;
  const begun: ClientSession = {
    key: randomBytes(12).toString('base64url'),
    revision: client.revision,
    capabilities: client.capabilities,
    home: services.peers.self,
    held,
    since: Math.floor(Date.now() / 1000),
  };
  let kept: ClientSession['held'] = {};
  try {
    const named = services.sessions.idOf(begun, caller, path);
    kept = named.session.held;
    return named;
  } finally {
    endAll(exchange, servers, heldSessions(Object.entries(held).filter(([name]) => !Object.hasOwn(kept, name))));
  }
}

/** Answers `server/discover` (MCP 2026-07-28, Discovery). */
export async function discover(exchange: McpExchange): Promise<JsonObject> {
  const description = descriptionFor(exchange, await describedServers(exchange));
  return uncached({ supportedVersions: MODERN_REVISIONS, ...description }, exchange.serverInfo);
}

async function openAll(
  exchange: McpExchange,
  servers: readonly DescribedServer[],
): Promise<Readonly<Record<string, HeldSession>>> {
  const { services, client, caller, context } = exchange;
  const legacy = servers.filter(({ profile }) => profile.era === 'legacy');
  const opened = await Promise.all(
    legacy.map(async ({ backend }) => {
      try {
        const opening = services.profiles.openingFor(backend, client, { caller, context });
        const { origin, id, revision } = await openSession(backend.target, opening);
        return [[backend.target.name, { origin, ...(id !== undefined && { id }), revision }] as const];
      } catch (error) {
        if (!(error instanceof UpstreamUnavailableError)) throw error;
        const fields = { event: 'session-late', server: backend.target.name, reason: error.message };
        context.log.warn(fields, 'a server serves a client without a session of its own');
        return [];
      }
    }),
  );
  return heldSessions(opened.flat());
}

/** Ends what the client has no id of: it has left before it had one, or there is no room in it. */
function endAll(
  exchange: McpExchange,
  servers: readonly DescribedServer[],
  held: Readonly<Record<string, HeldSession>>,
): void {
  const { caller, context } = exchange;
  const behalf = { caller, context: detached(context) };
  for (const { backend } of servers) {
    const session = held[backend.target.name];
    if (session !== undefined) void endSession(backend.target, session, behalf).catch(() => undefined);
  }
}
