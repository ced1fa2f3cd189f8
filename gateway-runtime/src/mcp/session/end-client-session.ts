import type { McpExchange } from '../exchange.js';
import { endSession } from '../upstream/legacy-session.js';
import type { ClientSession } from './client-session.js';

/** Ends a session at all replicas, and those at servers that it has. */
export async function endClientSession(exchange: McpExchange, session: ClientSession): Promise<void> {
  const { services, catalog, caller, context } = exchange;
  forgetSession(exchange, session.key);
  services.tellPeers({ kind: 'end', session: session.key }, caller);
  await Promise.all(
    catalog.servers.map(async ({ target }) => {
      const held = session.held[target.name];
      if (held !== undefined) await endSession(services.client, target, held, { caller, context });
    }),
  );
}

/** What this replica has of a session that has ended. */
export function forgetSession({ services }: Pick<McpExchange, 'services'>, key: string): void {
  services.ended.add(key);
  services.sessionStreams.end(key);
  services.subscriptions.forget(key);
}
