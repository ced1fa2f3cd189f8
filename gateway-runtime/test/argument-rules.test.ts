import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  apiKey,
  cleanUp,
  documentOf,
  eventually,
  KEYS_MOUNT,
  startTestGateway,
  type TestGateway,
  type TestServer,
} from './fixture';
import { serverOf, startRawServer } from './mcp-server-fixture';
import {
  connect,
  messageOf,
  post,
  startForeignServer,
  startToolset,
  toolset,
  type Era,
  type ToolsetInput,
} from './toolset-fixture';

const KEYS = {
  viewer: apiKey('viewer001', { user: 'vic', roles: ['viewer'] }),
  admin: apiKey('admin0001', { user: 'ada', roles: ['admin'] }),
  both: apiKey('both00001', { user: 'bo', roles: ['viewer', 'admin'] }),
};

type Who = keyof typeof KEYS;
type Rules = ToolsetInput['tools'][number]['argumentRules'];

const bearer = (who: Who) => ({ authorization: `Bearer ${KEYS[who].key}` });

const RULES: Rules = [
  {
    role: 'viewer',
    schema: {
      type: 'object',
      properties: { text: { type: 'string', maxLength: 5, pattern: '^[a-z]+$' } },
      required: ['text'],
    },
  },
];

const ALLOWED = { allowedRoles: ['viewer', 'admin'], argumentRules: RULES };

function documentWith(argumentRules: Rules): GatewayDocumentInput {
  const plain = toolset('logs', ['echo']);
  return documentOf({
    auth: { mode: 'credentials', apiKeys: { directory: KEYS_MOUNT } },
    toolsets: [{ ...plain, tools: plain.tools.map((tool) => ({ ...tool, ...ALLOWED, argumentRules })) }],
    mcpServers: [
      {
        name: 'crm',
        endpoint: { by: 'pods', host: 'crm-pods', port: 8080, path: '/mcp' },
        timeoutMs: 5_000,
        tools: [{ name: 'echo', ...ALLOWED, argumentRules: [{ role: 'viewer', expression: 'args.text != user.sub' }] }],
      },
    ],
  });
}

afterAll(cleanUp);

describe('argument rules of tools', () => {
  let logs: TestServer;
  let crm: TestServer;
  let gateway: TestGateway;

  beforeAll(async () => {
    [logs, crm] = await Promise.all([startToolset('logs'), startForeignServer()]);
    gateway = await startTestGateway({
      document: documentWith(RULES),
      hosts: { 'logs-pods:8080': [logs.address], 'crm-pods:8080': [crm.address] },
      keys: Object.fromEntries(Object.entries(KEYS).map(([name, { file }]) => [name, file])),
    });
  });

  beforeEach(() => {
    gateway.logs.length = 0;
    logs.requests.length = 0;
    crm.requests.length = 0;
  });

  describe.each<Era>(['modern', 'legacy'])('in the %s era', (era) => {
    it.each<[Who, string, string, string]>([
      ['viewer', 'logs', 'hello', 'logs: hello'],
      ['admin', 'logs', 'hello world', 'logs: hello world'],
      ['both', 'logs', 'hello world', 'logs: hello world'],
      ['viewer', 'crm', 'hello', 'crm: hello'],
      ['admin', 'crm', 'ada', 'crm: ada'],
    ])('%s may call a tool of %s with "%s"', async (who, server, text, expected) => {
      const client = await connect(gateway, era, bearer(who), `/mcp/${server}`);
      const result = await client.callTool({ name: 'echo', arguments: { text } });
      expect(result).toMatchObject({ content: [{ type: 'text', text: expected }] });
    });

    it.each<[string, string, Record<string, unknown> | undefined, string, string]>([
      ['too long', 'logs', { text: 'hello world' }, '/text (maxLength)', 'viewer #/properties/text/maxLength'],
      ['of another form', 'logs', { text: 'HELLO' }, '/text (pattern)', 'viewer #/properties/text/pattern'],
      ['that lack one', 'logs', undefined, '/text (required)', 'viewer #/required'],
      ['that an expression refuses', 'crm', { text: 'vic' }, '/ (cel)', 'viewer #'],
      ['about which it says nothing', 'crm', {}, '/ (cel)', 'viewer #'],
    ])('a viewer is told of arguments %s, and nothing is called', async (_title, server, args, where, rule) => {
      const answer = await post(
        gateway,
        era,
        'tools/call',
        { name: 'echo', arguments: args },
        bearer('viewer'),
        `/mcp/${server}`,
      );
      expect(answer.status).toBe(200);
      const text = `The call is not allowed with these arguments: ${where}. Nothing was called.`;
      expect(await messageOf(answer)).toMatchObject({
        id: 7,
        result: { isError: true, content: [{ type: 'text', text }] },
      });
      expect([...logs.requests, ...crm.requests].filter(({ body }) => body.includes('tools/call'))).toEqual([]);
      const fields = {
        type: 'audit',
        user: 'vic',
        method: 'tools/call',
        tool: 'echo',
        decision: 'denied',
        reason: 'arguments-refused',
        rule,
      };
      expect(gateway.logs.find(({ event, decision }) => event === 'decision' && decision === 'denied')).toMatchObject(
        fields,
      );
      const outcome = await eventually(() =>
        gateway.logs.find(({ event, reason }) => event === 'request' && reason !== undefined),
      );
      expect(outcome).toMatchObject({ ...fields, isError: true, status: 200 });
      expect(JSON.stringify(gateway.logs)).not.toMatch(/hello world|HELLO/);
    });

    it.each(['crm', 'logs'] as const)('of members that occur twice, %s gets those that were judged', async (server) => {
      const meta =
        era === 'modern'
          ? ',"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}'
          : '';
      const call = async (args: string) => {
        const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'echo' };
        const answer = await fetch(`${gateway.url}/mcp/${server}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...(era === 'modern' && modern),
            ...bearer('viewer'),
          },
          body: `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":${args}${meta}}}`,
        });
        return JSON.stringify(await messageOf(answer));
      };
      const wrong = { crm: 'vic', logs: 'VIC' }[server];
      expect(await call(`{"text":"a","text":"${wrong}"}`)).toContain('not allowed');
      expect(await call(`{"text":"${wrong}","text":"a"}`)).toContain(`${server}: a`);
      const [sent] = [...crm.requests, ...logs.requests].filter(({ body }) => body.includes('tools/call'));
      expect(sent?.body).toContain('"text":"a"');
      expect(sent?.body).not.toContain(wrong);
    });
  });

  it('a new document brings new ones, and a wrong one is refused while the old ones stay', async () => {
    const call = async () => {
      const answer = await post(
        gateway,
        'modern',
        'tools/call',
        { name: 'echo', arguments: { text: 'HELLO' } },
        bearer('viewer'),
        '/mcp/logs',
      );
      return JSON.stringify(await messageOf(answer));
    };
    await gateway.writeDocument(documentWith([{ role: 'viewer', expression: 'args.text' }]));
    const refused = await eventually(() => gateway.logs.find(({ event }) => event === 'reload-refused'));
    expect(refused.faults).toEqual([
      {
        path: '$.toolsets[0].tools[0].argumentRules[0].expression',
        message: 'must be true or false, and is of type dyn; compare it with ==',
      },
    ]);
    expect(await call()).toContain('/text (pattern)');
    await gateway.writeDocument(documentWith([{ role: 'viewer', expression: "args.text == 'HELLO'" }]));
    await eventually(() => gateway.logs.find(({ event }) => event === 'reloaded'));
    expect(await call()).toContain('logs: HELLO');
  });
});

it('refuses headers that say something else than the arguments that were judged, before a server may go by them', async () => {
  const inputSchema = { type: 'object', properties: { index: { type: 'string', 'x-mcp-header': 'Index' } } };
  const server = await startRawServer(({ method }) => ({
    result:
      method === 'tools/list'
        ? { resultType: 'complete', tools: [{ name: 'search', inputSchema }] }
        : { resultType: 'complete', content: [{ type: 'text', text: 'found' }] },
  }));
  const argumentRules = [{ role: '*', expression: "args.index == 'web'" }];
  const tools = [{ name: 'search', allowedRoles: '*' as const, argumentRules }];
  const gateway = await startTestGateway({
    document: documentOf({ mcpServers: [serverOf('docs', server.url, { tools })] }),
  });
  const call = async (index: string) =>
    messageOf(
      await post(
        gateway,
        'modern',
        'tools/call',
        { name: 'search', arguments: { index: 'web' } },
        { 'mcp-param-index': index },
      ),
    );
  expect(await call('secrets')).toMatchObject({ error: { code: -32020 } });
  expect(await call('web')).toMatchObject({ result: { content: [{ text: 'found' }] } });
});
