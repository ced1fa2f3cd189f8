import { answerJson, cleanUp, documentOf, startServer, startTestGateway } from '../fixture';
import { serverOf, textOf } from '../mcp-server-fixture';
import { messageOf, post } from '../toolset-fixture';

afterEach(cleanUp);

interface Message {
  readonly id: string;
  readonly method: string;
  readonly params: { readonly name?: string };
}

const DISCOVERED = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
const ASKS = {
  resultType: 'input_required',
  inputRequests: { name: { method: 'elicitation/create', params: { message: 'Your name?' } } },
};

/** What a server without sessions answers, by the name of the tool. */
function answerTo({ method, params: { name } }: Message): { status?: number; body: object | string } {
  if (method === 'server/discover') return { body: { result: DISCOVERED } };
  if (method !== 'tools/call') return { body: { error: { code: -32_601, message: 'Method not found' } } };
  if (name === 'too-large') return { status: 413, body: 'the proxy in front of it takes no such body' };
  if (name === 'forbidden') return { status: 403, body: 'not for this user' };
  if (name === 'asks') return { body: { result: ASKS } };
  if (name === 'other-kind') return { body: { result: { resultType: 'task' } } };
  return { body: { result: { resultType: 'complete', content: [{ type: 'text', text: 'well' }] } } };
}

/** A gateway that leaves a server alone as soon as it has failed twice. */
async function gatewayBefore() {
  const server = await startServer((_request, response, text) => {
    const message = JSON.parse(text) as Message;
    const { status = 200, body } = answerTo(message);
    if (typeof body === 'string') return void response.writeHead(status).end(body);
    answerJson(response, status, { jsonrpc: '2.0', id: message.id, ...body });
  });
  const limits = { circuitBreaker: { minRequests: 2, openMs: 60_000 } };
  const own = serverOf('a', `http://${server.address}/mcp`, { limits });
  return { server, gateway: await startTestGateway({ document: documentOf({ mcpServers: [own] }) }) };
}

it.each([
  ['has no such list', 'prompts/list', undefined],
  ['gets a body that is too large for it', 'tools/call', 'too-large'],
  ['is asked for a user that it does not serve', 'tools/call', 'forbidden'],
  ['asks a client that cannot be asked', 'tools/call', 'asks'],
  ['answers with what the revision of the client has not', 'tools/call', 'other-kind'],
])('a server that %s is not left alone by others', async (_, method, name) => {
  const { gateway } = await gatewayBefore();
  const call = async (params: object, of = 'tools/call') => messageOf(await post(gateway, 'legacy', of, params));
  for (let i = 0; i < 4; i += 1) await call(name === undefined ? {} : { name, arguments: {} }, method);
  expect(textOf((await call({ name: 'good', arguments: {} })).result)).toBe('well');
  expect(gateway.logs.filter(({ event }) => event === 'circuit')).toEqual([]);
});

it('a server that has no such list is asked for it once, and has none', async () => {
  const { gateway, server } = await gatewayBefore();
  for (const path of ['/mcp', '/mcp/a']) {
    const answer = await post(gateway, 'modern', 'prompts/list', {}, {}, path);
    expect((await messageOf(answer)).result).toMatchObject({ prompts: [] });
  }
  expect(server.requests.filter(({ body }) => body.includes('prompts/list'))).toHaveLength(2);
  expect(gateway.logs.filter(({ event }) => event === 'server-unavailable')).toEqual([]);
});
