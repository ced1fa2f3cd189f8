import type { McpExchange } from '../exchange.js';
import { mayUseSome } from '../federation/catalog.js';
import type { ServerBackend } from '../federation/server-backend.js';
import { endpointDescription, type EndpointDescription } from '../server-description.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import type { ServerProfile } from '../upstream/server-profiles.js';

/** A server that has said what it is. */
export interface DescribedServer {
  readonly backend: ServerBackend;
  readonly profile: ServerProfile;
}

/** The servers of an endpoint that the caller may use anything of, and that answer in their time. */
export async function describedServers(exchange: McpExchange): Promise<DescribedServer[]> {
  const { catalog, services, client, caller, context } = exchange;
  const usable = catalog.servers.filter((server) => mayUseSome(server, caller));
  const described = await Promise.all(
    usable.map(async (backend) => {
      try {
        return [{ backend, profile: await services.profiles.profileOf(backend, client, { caller, context }) }];
      } catch (error) {
        if (!(error instanceof UpstreamUnavailableError)) throw error;
        const fields = { event: 'server-unavailable', server: backend.target.name, reason: error.message };
        context.log.warn(fields, 'a server does not say what it is');
        return [];
      }
    }),
  );
  return described.flat();
}

/** What an endpoint says of itself to the caller. */
export function descriptionFor(
  { catalog, caller }: McpExchange,
  servers: readonly DescribedServer[],
): EndpointDescription {
  const hasTools = catalog.toolsets.length > 0 || catalog.agents.size > 0 || servers.length === 0;
  const offered = servers.map(({ backend, profile }) => ({
    name: backend.target.name,
    capabilities: backend.offered(profile.capabilities, caller),
    instructions: profile.instructions,
  }));
  return endpointDescription(hasTools, offered);
}
