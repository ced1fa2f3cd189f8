import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Chart } from 'cdk8s';
import { ApiKeys, Auth, ClusterProfile, Entry, McpGateway, Role, Toolset, ToolSource } from 'agentyard';
import { LocalProgram } from './local-program';

const SERVER = path.join(__dirname, '../../sandbox-runtime/test/stdio-server/server.mjs');
const text = { type: 'string' };
const TOOLS = [
  { name: 'echo', description: 'Says it again.', inputSchema: { type: 'object', properties: { text } } },
  { name: 'count', description: 'Counts.', inputSchema: { type: 'object', properties: { said: text } } },
];

describe('a stdio MCP server behind a gateway on this machine', () => {
  const program = new LocalProgram();
  const folder = mkdtempSync(path.join(tmpdir(), 'agentyard-command-'));
  const clients: Client[] = [];

  beforeAll(async () => {
    writeFileSync(path.join(folder, 'server.json'), JSON.stringify({ tools: TOOLS }));
    program.synth((app) => {
      ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } }).applyTo(app);
      const chart = new Chart(app, 'chart', { namespace: 'tools' });
      const words = new Toolset(chart, 'words', {
        source: ToolSource.command([process.execPath, SERVER, folder], { tools: TOOLS }),
        image: 'registry.example.com/words-sandbox:1',
        allowedRoles: [Role.anyCaller()],
        toolRoles: { count: [Role.fromRoleName('counter')] },
      });
      new McpGateway(chart, 'gateway', {
        auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-keys')),
        entries: [Entry.fromCidr('127.0.0.1/32')],
        tools: [words],
      });
    });
    await program.start();
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await program.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function connect(key = program.gateway.key): Promise<Client> {
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${key}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${program.gateway.url}/mcp`), { requestInit }));
    clients.push(client);
    return client;
  }

  it('serves several clients at once, with the progress of each', async () => {
    const callers = await Promise.all(['one', 'two'].map(async (name) => ({ name, client: await connect() })));
    const heard = await Promise.all(
      callers.map(async ({ name, client }) => {
        const messages: unknown[] = [];
        const onprogress = ({ message }: { message?: string }) => void messages.push(message);
        const result = await client.callTool({ name: 'count', arguments: { said: name } }, { onprogress });
        return { messages, content: result.content };
      }),
    );
    expect(heard).toEqual(
      ['one', 'two'].map((name) => ({ messages: [name, name], content: [{ type: 'text', text: name }] })),
    );
  });

  it('is held to the roles of its tools', async () => {
    const client = await connect(program.gateway.keyWithoutRoles);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo']);
    expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
      content: [{ text: 'hi' }],
    });
    await expect(client.callTool({ name: 'count', arguments: { said: 'x' } })).rejects.toThrow();
  });
});
