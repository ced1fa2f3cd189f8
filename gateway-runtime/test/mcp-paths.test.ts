import type { GatewayDocumentInput } from 'agentyard/contract';
import { cleanUp, documentOf, eventually, startTestGateway, type TestGateway } from './fixture';
import { connect, messageOf, post, startToolset, toolset, type ToolsetInput } from './toolset-fixture';

afterEach(cleanUp);

/** Two toolsets that have a tool of the same name, each with one of its own. */
const LOGS = toolset('logs', { echo: 'logs__echo', fail: 'fail' });
const FILES = toolset('files', { echo: 'files__echo' });

async function gatewayBefore(
  toolsets: readonly ToolsetInput[],
  more: Partial<GatewayDocumentInput> = {},
): Promise<TestGateway> {
  const [logs, files] = await Promise.all([startToolset('logs'), startToolset('files')]);
  return startTestGateway({
    document: documentOf({ toolsets: [...toolsets], ...more }),
    hosts: { 'logs-pods:8080': [logs.address], 'files-pods:8080': [files.address] },
  });
}

async function toolsAt(gateway: TestGateway, path: string): Promise<readonly string[]> {
  const client = await connect(gateway, 'modern', {}, path);
  return (await client.listTools()).tools.map(({ name }) => name);
}

it('serves all toolsets at /mcp and at /, and each by itself under its own names', async () => {
  const gateway = await gatewayBefore([LOGS, FILES]);
  for (const path of ['/mcp', '/']) {
    expect(await toolsAt(gateway, path)).toEqual(['logs__echo', 'fail', 'files__echo']);
  }
  expect(await toolsAt(gateway, '/mcp/logs')).toEqual(['echo', 'fail']);
  expect(await toolsAt(gateway, '/mcp/files')).toEqual(['echo']);
  const client = await connect(gateway, 'legacy', {}, '/mcp/files');
  expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
    content: [{ text: 'files: hi' }],
  });
  await expect(client.callTool({ name: 'fail', arguments: {} })).rejects.toMatchObject({ code: -32602 });
});

it('shows and calls nothing more there than at /mcp', async () => {
  const guarded = { ...LOGS, tools: LOGS.tools.map((tool) => ({ ...tool, allowedRoles: ['analyst'] })) };
  const gateway = await gatewayBefore([guarded]);
  expect(await toolsAt(gateway, '/mcp/logs')).toEqual([]);
  const answer = await post(
    gateway,
    'modern',
    'tools/call',
    { name: 'echo', arguments: { text: 'hi' } },
    {},
    '/mcp/logs',
  );
  expect(await messageOf(answer)).toMatchObject({ error: { code: -32602, message: 'Unknown tool: echo' } });
});

it('has nothing at the path of a toolset that it does not serve, or no longer', async () => {
  const document = documentOf({ toolsets: [LOGS, FILES] });
  const gateway = await gatewayBefore([LOGS, FILES]);
  const status = async (path: string) => (await post(gateway, 'modern', 'tools/list', {}, {}, path)).status;
  expect(await status('/mcp/other')).toBe(404);
  expect(await status('/mcp/')).toBe(404);
  expect(await status('/mcp/files')).toBe(200);
  await gateway.writeDocument({ ...document, toolsets: [LOGS] });
  await eventually(async () => (await status('/mcp/files')) === 404);
  expect(await status('/mcp/logs')).toBe(200);
});
