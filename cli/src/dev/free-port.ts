import { createServer, type AddressInfo } from 'node:net';
import { DevError } from './dev-error.js';

/**
 * The first port of loopback from `preferred` on that nobody listens on and that is not in `taken`;
 * for 0 one that the system chooses.
 *
 * @throws DevError when none is left
 */
export async function freePort(preferred: number, taken: ReadonlySet<number>): Promise<number> {
  if (preferred === 0) {
    const chosen = await tryPort(0);
    return chosen === undefined || taken.has(chosen) ? freePort(0, taken) : chosen;
  }
  for (let port = preferred; port <= 65535; port++) {
    if (!taken.has(port) && (await tryPort(port)) !== undefined) return port;
  }
  throw new DevError(`no port is free from ${preferred} on; choose another with --port`);
}

/** The port, once it could be listened on; absent when it is in use or reserved. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}
