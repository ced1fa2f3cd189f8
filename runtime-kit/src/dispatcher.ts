import { Agent, buildConnector, fetch as undiciFetch, type Dispatcher } from 'undici';
import { LocalHosts, type LocalOverlay } from './local-overlay.js';

export type { Dispatcher } from 'undici';

/** How long a connection is kept, so that new pods get their share of the traffic. */
const CONNECTION_LIFETIME_MS = 60_000;

/**
 * The only dispatcher that a runtime sends HTTP requests through.
 * With a local overlay, Service names are looked up in its host map; a Service without a ready replica refuses.
 */
export function createDispatcher(overlay: LocalOverlay | undefined): Dispatcher {
  const options = {
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: CONNECTION_LIFETIME_MS,
    clientTtl: CONNECTION_LIFETIME_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (overlay === undefined) return new Agent({ ...options, connect: { timeout: 5_000 } });
  const hosts = new LocalHosts(overlay.hostsFile);
  const connector = buildConnector({ timeout: 5_000 });
  return new Agent({
    ...options,
    connect: (target, callback) => {
      let addresses: readonly string[] | undefined;
      try {
        addresses = hosts.addressesOf(target.hostname, Number(target.port));
      } catch (error) {
        return callback(error as Error, null);
      }
      if (addresses === undefined) return connector(target, callback);
      const address = addresses[Math.floor(Math.random() * addresses.length)];
      if (address === undefined) return callback(new Error(`no replica of ${target.hostname} is ready`), null);
      const [hostname = '', port = ''] = address.split(':');
      return connector({ ...target, hostname, port }, callback);
    },
  });
}

/**
 * `fetch` through a dispatcher, for libraries that take one. Redirects are answers, not orders: who is called stands
 * in the document, and headers with keys would go along.
 */
export function createFetch(dispatcher: Dispatcher): typeof fetch {
  return ((input: Parameters<typeof undiciFetch>[0], init?: Parameters<typeof undiciFetch>[1]) =>
    undiciFetch(input, { ...init, redirect: 'manual', dispatcher })) as unknown as typeof fetch;
}
