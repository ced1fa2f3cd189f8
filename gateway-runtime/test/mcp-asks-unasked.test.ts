import { answerJson, cleanUp, documentOf, startServer, startTestGateway } from './fixture';
import { serverOf } from './mcp-server-fixture';
import { messageOf, post } from './toolset-fixture';

afterEach(cleanUp);

/** A server with sessions that asks its client in each call, whatever the client has said that it can be asked. */
async function startAsking() {
  const told: Record<string, unknown>[] = [];
  let finish: () => void = () => undefined;
  const server = await startServer((request, response, body) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, method, ...more } = JSON.parse(body) as { id?: number; method?: string };
    const result = (value: object) => answerJson(response, 200, { jsonrpc: '2.0', id, result: value });
    if (method === 'initialize') {
      response.setHeader('mcp-session-id', 's1');
      return result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: {} });
    }
    if (request.headers['mcp-session-id'] === undefined) return void response.writeHead(400).end();
    if (method === 'tools/call') {
      const event = (message: object) => response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      event({ id: 'q', method: 'elicitation/create', params: { message: 'Your name?' } });
      finish = () => {
        event({ id, result: { content: [{ type: 'text', text: 'without a name' }] } });
        response.end();
      };
      return;
    }
    if (id !== undefined && method === undefined) {
      told.push({ id, ...more });
      finish();
    }
    response.writeHead(202).end();
  });
  return { url: `http://${server.address}/mcp`, told };
}

it('a client of the legacy era is never answered with a question: the server is told that it cannot ask', async () => {
  const { url, told } = await startAsking();
  const gateway = await startTestGateway({ document: documentOf({ mcpServers: [serverOf('a', url)] }) });
  const { result } = await messageOf(await post(gateway, 'legacy', 'tools/call', { name: 'x', arguments: {} }));
  expect(result).toEqual({ content: [{ type: 'text', text: 'without a name' }] });
  expect(told).toMatchObject([{ id: 'q', error: { code: -32_601 } }]);
});
