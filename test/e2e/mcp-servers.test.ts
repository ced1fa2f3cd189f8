import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Chart } from 'cdk8s';
import { ApiKeys, Auth, ClientFeature, ForeignNames, McpGateway, McpServer, Role, type App } from 'agentyard';
import { evaluate, type Evaluation } from 'agentyard/testing';
import { EverythingServer } from '../conformance/everything-server';
import { silenceWarnings } from '../constructs/silence-warnings';
import { LocalProgram } from './local-program';

silenceWarnings();

const [viewer, editor] = [Role.fromRoleName('viewer'), Role.fromRoleName('editor')];
const HEADERS = { 'mcp-protocol-version': '2025-11-25', accept: 'application/json, text/event-stream' };
const FORM = 'everything__test_elicitation';

/** An MCP server of others, and one that is gone, behind a gateway of two replicas. */
describe('a program with MCP servers of others, run locally', () => {
  const program = new LocalProgram();
  let server: EverythingServer;
  let evaluation: Evaluation;
  let replicas: readonly string[];

  beforeAll(async () => {
    server = await EverythingServer.start();
    program.synth((app: App) => {
      const chart = new Chart(app, 'chart', { namespace: 'tools' });
      const everything = McpServer.fromUrl(chart, 'everything', {
        url: server.url,
        toolRoles: { test_simple_text: [viewer], test_error_handling: [] },
        otherToolRoles: [editor],
        promptRoles: [viewer],
        mayAsk: [ClientFeature.ELICITATION],
      });
      const gone = McpServer.fromUrl(chart, 'gone', {
        url: 'http://127.0.0.1:9/mcp',
        otherToolRoles: [viewer, editor],
      });
      new McpGateway(chart, 'gateway', {
        auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
        mcpServers: [gone, everything],
        foreignNames: ForeignNames.PREFIXED,
      });
      evaluation = evaluate(app);
    });
    const platform = await program.start({ replicas: { gateway: 2 } });
    replicas = platform.workloads[0]?.urls ?? [];
  });
  afterAll(async () => {
    await program.end();
    await server.close();
  });

  const keyOf = ({ roleName }: Role) => program.gateway.keysByRole.get(roleName) ?? '';

  it.each([
    ['viewer', viewer],
    ['editor', editor],
  ])('shows and runs for the role %s what canCall says', async (_, role) => {
    const client = new Client({ name: 'test', version: '1' });
    const headers = { authorization: `Bearer ${keyOf(role)}` };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${replicas[0]}/mcp`), { requestInit: { headers } }),
    );
    const { tools } = await client.listTools();
    const shown = tools.map(({ name }) => name.replace(/^everything__/, ''));
    for (const tool of ['test_simple_text', 'test_error_handling', 'test_image_content']) {
      const { allowed } = evaluation.canCall(role, `everything/${tool}`);
      expect([tool, shown.includes(tool)]).toEqual([tool, allowed]);
      const ran = client.callTool({ name: `everything__${tool}`, arguments: {} }).then(
        ({ content }) => content.length > 0,
        () => false,
      );
      expect([tool, await ran]).toEqual([tool, allowed]);
    }
    await client.close();
  });

  it('takes the answer to a question of the server at the replica that did not ask it', async () => {
    const [one = '', other = ''] = replicas;
    const send = (url: string, message: object, session = '') =>
      fetch(`${url}/mcp`, {
        method: 'POST',
        headers: {
          ...HEADERS,
          'content-type': 'application/json',
          authorization: `Bearer ${keyOf(editor)}`,
          ...(session !== '' && { 'mcp-session-id': session }),
        },
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      });
    const clientInfo = { name: 'test', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo };
    const opened = await send(one, { id: 1, method: 'initialize', params });
    const session = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    await (await send(other, { method: 'notifications/initialized' }, session)).text();

    const call = { name: FORM, arguments: { message: 'Who are you?' } };
    const stream = await send(one, { id: 2, method: 'tools/call', params: call }, session);
    const messages = messagesOf(stream);
    const question = (await messages.next()).value as { id: unknown; method: string };
    expect(question.method).toBe('elicitation/create');
    const content = { username: 'ada', email: 'ada@example.com', response: 'Ada' };
    const answered = await send(other, { id: question.id, result: { action: 'accept', content } }, session);
    expect(answered.status).toBe(202);
    const result = (await messages.next()).value as { id: unknown; result: unknown };
    expect(result.id).toBe(2);
    expect(JSON.stringify(result.result)).toContain('accept');
  });
});

/** The messages of a stream of events, as they come. */
async function* messagesOf(response: Response): AsyncGenerator<unknown> {
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk);
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const [, data] = /^data: (\{.*)$/m.exec(event) ?? [];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}
