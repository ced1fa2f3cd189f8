import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** Protocol revision without sessions. */
export const MODERN = '2026-07-28';

/** A client of the upstream for each era, by the value of the header that names the revision. */
export async function upstreamClients(port) {
  const modern = await connect(port, { mode: { pin: MODERN } });
  const legacy = await connect(port, { mode: 'legacy' });
  return (revision) => (revision === MODERN ? modern : legacy);
}

async function connect(port, versionNegotiation) {
  const client = new Client({ name: 'peer', version: '1.0.0' }, { versionNegotiation });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
  return client;
}
