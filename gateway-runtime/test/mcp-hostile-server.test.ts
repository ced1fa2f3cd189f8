import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpReply } from '../src/mcp/reply';
import { cleanUp, documentOf, onCleanUp, startServer, startTestGateway } from './fixture';
import { serverOf, startRawServer } from './mcp-server-fixture';
import { messageOf, post } from './toolset-fixture';

afterEach(cleanUp);

/** A server with sessions whose calls are answered with these events, and then with nothing. */
async function startStreams(events: string, resumed: string) {
  return startServer((request, response, body) => {
    const { id, method } = JSON.parse(body || '{}') as { id?: number; method?: string };
    if (method === 'initialize') {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' });
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'odd', version: '1' } };
      return void response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    }
    if (method === 'server/discover') return void response.writeHead(400).end();
    if (method !== 'tools/call' && request.method === 'POST') return void response.writeHead(202).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(request.method === 'GET' ? resumed : events.replace('ID', JSON.stringify(id)));
  });
}

it('a server that lets a client come back in days ends with its own time', async () => {
  const server = await startStreams('id: 1\nretry: 999999999\ndata:\n\n', '');
  const odd = serverOf('odd', `http://${server.address}/mcp`, { timeoutMs: 300 });
  const gateway = await startTestGateway({ document: documentOf({ mcpServers: [odd] }) });
  const { result } = await messageOf(await post(gateway, 'legacy', 'tools/call', { name: 'x' }));
  // Of its 300 ms those are gone that the gateway has taken itself.
  expect(result).toMatchObject({
    isError: true,
    content: [{ text: expect.stringMatching(/no answer within \d+ ms/) }],
  });
});

it.each(['ä–1', '1'])('a stream is taken up after the event %p, as its server has named it', async (eventId) => {
  const server = await startStreams(`id: ${eventId}\nretry: 0\ndata:\n\n`, '');
  const odd = serverOf('odd', `http://${server.address}/mcp`, { timeoutMs: 500 });
  const gateway = await startTestGateway({ document: documentOf({ mcpServers: [odd] }) });
  await messageOf(await post(gateway, 'legacy', 'tools/call', { name: 'x' }));
  const last = server.requests.map(({ headers }) => headers['last-event-id']).filter((id) => id !== undefined);
  expect(Buffer.from(String(last[0]), 'latin1').toString('utf8')).toBe(eventId);
  // No faster than every 50 ms, whatever it says.
  expect(last.length).toBeLessThan(12);
});

it('a list that never ends and has large pages is given up at 32 MiB, and the other lists go out', async () => {
  const tool = { name: 'large', description: 'x'.repeat(12_000_000), inputSchema: { type: 'object' } };
  let pages = 0;
  const large = await startRawServer(() => ({
    result: { resultType: 'complete', tools: [tool], nextCursor: String((pages += 1)) },
  }));
  const small = await startRawServer(() => ({ result: { resultType: 'complete', tools: [{ name: 'small' }] } }));
  const servers = [serverOf('large', large.url), serverOf('small', small.url)];
  const gateway = await startTestGateway({ document: documentOf({ mcpServers: servers }) });
  const { result } = await messageOf(await post(gateway, 'modern', 'tools/list', {}));
  expect(result).toMatchObject({ tools: [{ name: 'small' }] });
  expect(pages).toBe(3);
  expect(gateway.logs.find(({ event }) => event === 'server-unavailable')?.reason).toContain('its list is over');
});

it('a client that leaves without reading is no fault of what is sent to it', async () => {
  let waiting: Promise<void> | undefined;
  const server = createServer((_request, response) => {
    const reply = new McpReply(response, { json: true, events: true }, { countOut: () => undefined });
    waiting = reply.notify(JSON.stringify('x'.repeat(32_000_000)));
    expect(reply.notify('{}')).toBeInstanceOf(Promise);
    onCleanUp(() => reply.drop());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onCleanUp(() => void server.close());
  const client = new AbortController();
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { signal: client.signal });
  client.abort();
  await expect(waiting).resolves.toBeUndefined();
});
