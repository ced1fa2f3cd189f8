// A gateway made of the MCP SDK: its server before its client, for each era, and nothing else.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { MODERN, upstreamClients } from './upstream-clients.mjs';

const { port } = JSON.parse(process.argv[2]);
const clientOf = await upstreamClients(port);

process.send({ ready: { JSON: await start('auto', true), SSE: await start('sse', false) } });

/** Starts a server that answers in JSON, or one that streams. */
async function start(responseMode, enableJsonResponse) {
  const modern = toNodeHandler(createMcpHandler(() => forwardingServer(MODERN), { responseMode, legacy: 'reject' }));
  const sessions = new Map();
  const server = createServer((request, response) => {
    if (request.headers['mcp-protocol-version'] === MODERN) return void modern(request, response);
    void legacy(sessions, enableJsonResponse, request, response);
  });
  server.keepAliveTimeout = 3_600_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}

/** Serves the era with sessions: a server and a transport for each. */
async function legacy(sessions, enableJsonResponse, request, response) {
  const known = sessions.get(request.headers['mcp-session-id']);
  if (known !== undefined) return known.handleRequest(request, response);
  const transport = new NodeStreamableHTTPServerTransport({
    enableJsonResponse,
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
  });
  await forwardingServer('legacy').connect(transport);
  return transport.handleRequest(request, response);
}

function forwardingServer(revision) {
  const client = clientOf(revision);
  const server = new Server({ name: 'sdk-gateway', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', ({ params }, context) => client.listTools(params, optionsOf(context)));
  server.setRequestHandler('tools/call', ({ params }, context) => client.callTool(params, optionsOf(context)));
  return server;
}

/** A call ends with its client; progress goes back if the client asked for it. */
function optionsOf({ mcpReq }) {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { signal: mcpReq.signal };
  const onprogress = (progress) =>
    void mcpReq.notify({ method: 'notifications/progress', params: { ...progress, progressToken } });
  return { signal: mcpReq.signal, onprogress };
}
