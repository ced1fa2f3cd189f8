import { SERVER_INFO } from './wire/envelope.js';
import { isObject, type JsonObject } from './wire/json-rpc.js';

/** Name and version of the gateway, as clients see it. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/** Lists differ from user to user, and what a user may see can change at any time. */
const UNCACHED = { ttlMs: 0, cacheScope: 'private' };

/** A result of the gateway's own, as revisions without sessions have it. */
export function completed(result: JsonObject, server: ServerInfo): JsonObject {
  const _meta = { ...(isObject(result._meta) && result._meta), [SERVER_INFO]: server };
  return { ...result, resultType: 'complete', _meta };
}

/** A list, or a description, that nobody keeps. */
export function uncached(result: JsonObject, server: ServerInfo): JsonObject {
  return completed({ ...UNCACHED, ...result }, server);
}

/** What an endpoint serves. */
export interface EndpointDescription {
  readonly capabilities: JsonObject;
  readonly instructions?: string;
}

/** What a server has, as far as a caller may use it. */
export interface OfferedServer extends EndpointDescription {
  readonly name: string;
}

/**
 * What an endpoint has: all that its servers have, and tools of toolsets and agents. The tools of a document can change with it.
 *
 * @param hasTools whether there are toolsets or agents, too
 */
export function endpointDescription(hasTools: boolean, servers: readonly OfferedServer[]): EndpointDescription {
  const capabilities: Record<string, JsonObject> = hasTools ? { tools: { listChanged: true } } : {};
  for (const server of servers) {
    for (const [name, value] of Object.entries(server.capabilities)) {
      capabilities[name] = merged(capabilities[name], value as JsonObject);
    }
  }
  if (capabilities.tools !== undefined) capabilities.tools = { ...capabilities.tools, listChanged: true };
  const instructions = instructionsOf(servers, !hasTools && servers.length === 1);
  return { capabilities, ...(instructions !== undefined && { instructions }) };
}

/** A flag is set if it is for one of them. */
function merged(one: JsonObject = {}, other: JsonObject): JsonObject {
  const flags = Object.entries(other).map(([name, value]) => [name, one[name] === true ? true : value]);
  return { ...one, ...(Object.fromEntries(flags) as JsonObject) };
}

/** Those of several servers, each under its name. */
function instructionsOf(servers: readonly OfferedServer[], isAlone: boolean): string | undefined {
  const texts = servers.flatMap(({ name, instructions }) =>
    instructions === undefined ? [] : [isAlone ? instructions : `# ${name}\n\n${instructions}`],
  );
  return texts.length === 0 ? undefined : texts.join('\n\n');
}
