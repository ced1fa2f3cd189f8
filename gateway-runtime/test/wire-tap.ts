import { connect, createServer, type AddressInfo } from 'node:net';
import { onCleanUp } from './fixture';

/** What stands between the gateway and a server, and keeps every byte that is sent to the server. */
export interface WireTap {
  readonly address: string;
  /** All that was sent so far. */
  sent(): string;
}

/** Starts one in front of a server on loopback. */
export async function tap(address: string): Promise<WireTap> {
  const [host = '', port = ''] = address.split(':');
  const chunks: Buffer[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => Buffer.concat(chunks).toString('latin1'),
  };
}
