import { HttpServer, type Health, type LocalOverlay, type Logger, type Routes } from '@agentyard/runtime-kit';
import type { Peers as PeersSection } from 'agentyard/contract';

/** Environment variable with the address of the pod, by the downward API. */
export const POD_ADDRESS_VARIABLE = 'POD_IP';

/** How long the exchanges of other replicas may go on when this one ends, in milliseconds. */
const GRACE_MS = 1_000;

/** The origin of this replica for the others, and where it listens for them. */
export interface PeerAddress {
  readonly origin: string;
  readonly host?: string;
  readonly port: number;
}

/**
 * Where this replica is for the others.
 *
 * @throws Error if the environment does not say
 */
export function peerAddress(
  { port }: PeersSection,
  overlay: LocalOverlay | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): PeerAddress {
  if (overlay !== undefined) {
    const { host } = overlay.listen;
    const own = overlay.peerPort ?? port;
    return { origin: originOf(host, own), host, port: own };
  }
  const address = environment[POD_ADDRESS_VARIABLE];
  if (address !== undefined && address !== '') return { origin: originOf(address, port), port };
  throw new Error(`${POD_ADDRESS_VARIABLE} must be the address of the pod: set it by the downward API (status.podIP)`);
}

function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Serves the other replicas. */
export async function startPeerServer(
  { host, port }: PeerAddress,
  routes: Routes,
  { health, log }: { readonly health: Health; readonly log: Logger },
): Promise<() => Promise<void>> {
  const server = new HttpServer({ ...(host !== undefined && { host }), port, routes, health, log });
  log.info({ event: 'peers-listening', port: await server.listen() }, 'listening for the other replicas');
  return () => server.close(GRACE_MS);
}
