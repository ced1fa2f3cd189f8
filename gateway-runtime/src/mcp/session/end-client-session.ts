import type { McpExchange } from '../exchange.js';
import { endSession } from '../upstream/legacy-session.js';
import type { ClientSession } from './client-session.js';

/** Ends a session at all replicas, and those at servers that it has. */
export async function endClientSession(exchange: McpExchange, session: ClientSession): Promise<void> {
  const { services, catalog, caller, context } = exchange;
  services.forget(session.key);
  await Promise.all([
    services.peers.tell({ kind: 'end', session: session.key }),
    ...catalog.servers.map(async ({ target }) => {
      const held = session.held[target.name];
      if (held !== undefined) await endSession(target, held, { caller, context });
    }),
  ]);
}
