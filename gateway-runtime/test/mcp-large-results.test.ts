import { cleanUp, documentOf, startServer, startTestGateway } from './fixture';
import { serverOf } from './mcp-server-fixture';
import { messageOf, post } from './toolset-fixture';

afterEach(cleanUp);

const TEXT = 'one "quoted" line\nof a léger \\ \u{1f600} log\n'.repeat(500);
const RESULT = { resultType: 'complete', content: [{ type: 'text', text: TEXT }] };
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

type Write = (id: unknown) => string | Buffer;

/** Of the client and its server; in sessions both are of the era before. */
type Setting = 'modern' | 'legacy' | 'sessions';

/** A server that answers calls with this JSON, with sessions or without. */
function startWriter(write: Write, hasSessions: boolean) {
  const discovered = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
  const serverInfo = { name: 's', version: '1' };
  const initialized = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
  return startServer((_request, response, body) => {
    const { id, method } = JSON.parse(body) as { id?: unknown; method: string };
    const isFirst = method === (hasSessions ? 'initialize' : 'server/discover');
    if (method !== 'tools/call' && !isFirst) return void response.writeHead(id === undefined ? 202 : 400).end();
    response.writeHead(200, { 'content-type': 'application/json', ...(hasSessions && { 'mcp-session-id': 's' }) });
    const result = hasSessions ? initialized : discovered;
    response.end(isFirst ? JSON.stringify({ jsonrpc: '2.0', id, result }) : write(id));
  });
}

/** What a call comes to if its server answers with this JSON. */
async function called(setting: Setting, write: Write) {
  const server = await startWriter(write, setting === 'sessions');
  const mcpServers = [serverOf('s', `http://${server.address}/mcp`)];
  const gateway = await startTestGateway({ document: documentOf({ mcpServers }) });
  const headers: Record<string, string> = {};
  if (setting === 'sessions') {
    const clientInfo = { name: 'test', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const begun = await post(gateway, 'legacy', 'initialize', params);
    headers['mcp-session-id'] = begun.headers.get('mcp-session-id') ?? '';
    await begun.text();
  }
  return messageOf(
    await post(gateway, setting === 'modern' ? 'modern' : 'legacy', 'tools/call', { name: 'x' }, headers),
  );
}

const answerOf = (result: object) => (id: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result });

it.each<[string, object]>([
  ['a result', RESULT],
  ['one that does not say that it is complete', { content: RESULT.content }],
  ['an error of a tool', { ...RESULT, isError: true }],
  ['one with two texts', { ...RESULT, content: [...RESULT.content, ...RESULT.content] }],
  ['one whose server has said who it is', { _meta: { a: 'é', [SERVER_INFO]: { name: 's', version: '1' } }, ...RESULT }],
  ['one whose server has said much of who it is', { ...RESULT, _meta: { [SERVER_INFO]: { name: TEXT } } }],
])('%s comes as it was sent, whatever its size', async (_, result) => {
  const { result: modern } = await called('modern', answerOf(result));
  expect(modern).toEqual({
    ...RESULT,
    ...result,
    _meta: {
      ...(result as { _meta?: object })._meta,
      [SERVER_INFO]: expect.objectContaining({ version: expect.any(String) }),
    },
  });
  expect(modern).not.toHaveProperty(['_meta', SERVER_INFO, 'name'], TEXT);
  const { result: legacy } = await called('legacy', answerOf(result));
  const { content, isError } = { isError: undefined, ...RESULT, ...result };
  expect(legacy).toMatchObject({ content, ...(isError !== undefined && { isError }) });
  expect((await called('sessions', answerOf(result))).result).toEqual(result);
});

it('a question with a long text comes as it was sent', async () => {
  const inputRequests = { q: { method: 'elicitation/create', params: { message: TEXT, requestedSchema: {} } } };
  const { result } = await called('modern', answerOf({ resultType: 'input_required', inputRequests }));
  expect(result).toMatchObject({ resultType: 'input_required', inputRequests });
});

it('an error with a long text comes as it was sent', async () => {
  const error = { code: -32_000, message: TEXT };
  const answer = await called('modern', (id) => JSON.stringify({ jsonrpc: '2.0', id, error }));
  expect(answer).toMatchObject({ error });
});

it.each<[string, (json: string) => string]>([
  ['has a line break in a text', (json) => json.replace('\\n', '\n')],
  ['has a quote in a text', (json) => json.replace('\\"quoted', '"quoted')],
  ['ends in a text', (json) => json.slice(0, -5_000)],
  ['goes on behind its end', (json) => `${json}}`],
  ['is of another request', (json) => json.replace('"id":', '"id":"x","was":')],
  ['is of a request with a long id', (json) => JSON.stringify({ ...(JSON.parse(json) as object), id: TEXT })],
])('what %s does not reach the client, whatever its size', async (_, change) => {
  for (const setting of ['modern', 'legacy', 'sessions'] as const) {
    const { result } = await called(setting, (id) => change(answerOf(RESULT)(id)));
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('JSON-RPC') }] });
  }
});

it('what is of a request with a long id does not reach a client whose id is empty', async () => {
  const result = { resultType: 'complete', content: [] };
  const server = await startWriter(() => JSON.stringify({ jsonrpc: '2.0', id: TEXT, result }), false);
  const mcpServers = [serverOf('s', `http://${server.address}/mcp`)];
  const gateway = await startTestGateway({ document: documentOf({ mcpServers }) });
  const answer = await post(gateway, 'modern', 'tools/call', { name: 'x' }, {}, '/mcp', '');
  expect(await messageOf(answer)).toMatchObject({ id: '', result: { isError: true } });
});

it('a text that is no UTF-8 comes as UTF-8', async () => {
  const { result } = await called('modern', (id) => {
    const bytes = Buffer.from(answerOf(RESULT)(id));
    bytes[bytes.indexOf('é')] = 0xff;
    return bytes;
  });
  expect(result).toMatchObject({ content: [{ text: TEXT.replace('é', '\ufffd\ufffd') }] });
});
