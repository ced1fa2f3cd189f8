// mcp-proxy as a library: one server that answers in JSON, one that streams, with one client of the upstream per era.
import { createServer as createTcpServer } from 'node:net';
import { Server } from '@modelcontextprotocol/server';
import { proxyServer, startHTTPServer } from 'mcp-proxy';
import { upstreamClients } from './upstream-clients.mjs';

const { port } = JSON.parse(process.argv[2]);
const clientOf = await upstreamClients(port);

const ports = { JSON: await start(true), SSE: await start(false) };
process.send({ ready: ports });

async function start(enableJsonResponse) {
  const own = await freePort();
  await startHTTPServer({ createServer, enableJsonResponse, host: '127.0.0.1', port: own, sseEndpoint: null });
  return own;
}

async function createServer(request) {
  const client = clientOf(request.headers['mcp-protocol-version']);
  const serverCapabilities = client.getServerCapabilities();
  const server = new Server(client.getServerVersion(), { capabilities: serverCapabilities });
  await proxyServer({ client, server, serverCapabilities });
  return server;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
