import { SERVER_INFO } from './envelope.js';
import { ERROR_CODES, RpcError, type JsonObject } from './json-rpc.js';
import { MODERN_REVISIONS, negotiated } from './revision.js';

/** Name and version of the gateway, as clients see it. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/** What the gateway serves. */
const CAPABILITIES = { tools: {} };

/** Lists differ from user to user, and what a user may see can change at any time. */
const UNCACHED = { ttlMs: 0, cacheScope: 'private' };

/** A result of the gateway's own, as revisions without sessions have it. */
export function completed(result: JsonObject, server: ServerInfo): JsonObject {
  return { ...result, resultType: 'complete', _meta: { [SERVER_INFO]: server } };
}

/** A list, or a description, that nobody keeps. */
export function uncached(result: JsonObject, server: ServerInfo): JsonObject {
  return completed({ ...result, ...UNCACHED }, server);
}

/** Answers `server/discover` (MCP 2026-07-28, Discovery). */
export function discovered(server: ServerInfo): JsonObject {
  return uncached({ supportedVersions: MODERN_REVISIONS, capabilities: CAPABILITIES }, server);
}

/** Answers `initialize` (MCP 2025-11-25, Lifecycle). @throws RpcError -32602 */
export function initialized(params: JsonObject | undefined, serverInfo: ServerInfo): JsonObject {
  const requested = params?.protocolVersion;
  if (typeof requested !== 'string') {
    throw new RpcError(ERROR_CODES.invalidParams, 'params.protocolVersion must be a text');
  }
  return { protocolVersion: negotiated(requested), capabilities: CAPABILITIES, serverInfo };
}
