import { DEMO_TOKEN, type GatewayDocumentInput } from 'agentyard/contract';
import {
  agent,
  apiKey,
  byAgent,
  byIntent,
  cleanUp,
  documentOf,
  eventually,
  KEYS_MOUNT,
  startAgent,
  startTestGateway,
  type AgentInput,
  type RouteInput,
  type TestGateway,
} from './fixture';
import { TestIssuer } from './test-issuer';
import { connect, messageOf, post, startToolset, toolset, type Era, type ToolsetInput } from './toolset-fixture';

afterEach(cleanUp);

/** API keys by what they may: none, the one role, the other role, both. */
const KEYS = {
  none: apiKey('none00001', { user: 'none' }),
  analyst: apiKey('analyst01', { user: 'ana', roles: ['analyst'] }),
  viewer: apiKey('viewer001', { user: 'vic', roles: ['viewer'] }),
  both: apiKey('both00001', { user: 'bo', roles: ['viewer', 'analyst'] }),
};

type Who = keyof typeof KEYS;

const AUTH: GatewayDocumentInput['auth'] = {
  mode: 'credentials',
  apiKeys: { directory: KEYS_MOUNT },
  demoToken: { roles: ['viewer'] },
};

const start = (
  document: Partial<GatewayDocumentInput>,
  servers: Readonly<Record<string, { readonly address: string }>>,
): Promise<TestGateway> =>
  startTestGateway({
    document: documentOf({ auth: AUTH, ...document }),
    hosts: Object.fromEntries(Object.entries(servers).map(([name, { address }]) => [`${name}-pods:8080`, [address]])),
    keys: Object.fromEntries(Object.entries(KEYS).map(([name, { file }]) => [name, file])),
  });

const bearer = (who: Who) => ({ authorization: `Bearer ${KEYS[who].key}` });
const decisions = ({ logs }: TestGateway) => logs.filter(({ event }) => event === 'decision');

/** A toolset whose tools the roles may call. */
function guarded(name: string, tools: Readonly<Record<string, '*' | string[]>>): ToolsetInput {
  const plain = toolset(name, Object.keys(tools));
  return { ...plain, tools: plain.tools.map((tool) => ({ ...tool, allowedRoles: tools[tool.name] ?? [] })) };
}

describe.each<Era>(['modern', 'legacy'])('roles of tools, in the %s era', (era) => {
  async function gatewayBeforeTools() {
    const [logs, files] = await Promise.all([startToolset('logs'), startToolset('files')]);
    const named = guarded('files', { echo: [] });
    const gateway = await start(
      {
        toolsets: [
          guarded('logs', { echo: ['analyst', 'viewer'], fail: ['analyst'], slow: '*' }),
          { ...named, tools: named.tools.map((tool) => ({ ...tool, as: 'read' })) },
        ],
      },
      { logs, files },
    );
    return { gateway, logs, files };
  }

  it.each<[Who, string[]]>([
    ['none', ['slow']],
    ['viewer', ['echo', 'slow']],
    ['analyst', ['echo', 'fail', 'slow']],
    ['both', ['echo', 'fail', 'slow']],
  ])('decide what a caller with %s sees and may call', async (who, expected) => {
    const { gateway, files } = await gatewayBeforeTools();
    const client = await connect(gateway, era, bearer(who));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(expected);
    for (const name of ['echo', 'fail'].filter((tool) => expected.includes(tool))) {
      expect(await client.callTool({ name, arguments: { text: 'hi' } })).toHaveProperty('content');
    }
    for (const name of ['echo', 'fail', 'read'].filter((tool) => !expected.includes(tool))) {
      await expect(client.callTool({ name, arguments: { text: 'hi' } })).rejects.toMatchObject({ code: -32602 });
    }
    // Of a toolset none of whose tools the caller may call, nothing is asked.
    expect(files.requests).toEqual([]);
  });

  it('hide a tool behind the answer for one that is not there', async () => {
    const { gateway, logs } = await gatewayBeforeTools();
    const call = async (name: string) => {
      const answer = await post(gateway, era, 'tools/call', { name, arguments: { text: 'hi' } }, bearer('viewer'));
      return { status: answer.status, message: JSON.stringify(await messageOf(answer)).replaceAll(name, 'NAME') };
    };
    expect(await call('fail')).toEqual(await call('nothing'));
    expect((await call('fail')).message).toContain('-32602');
    expect((await call('fail')).message).toContain('Unknown tool: NAME');
    expect(logs.requests).toEqual([]);
    const [hidden, unknown] = decisions(gateway);
    expect(hidden).toMatchObject({
      type: 'audit',
      decision: 'denied',
      reason: 'role-missing',
      user: 'vic',
      auth: 'api-key',
      keyId: 'viewer001',
      method: 'tools/call',
      toolset: 'logs',
      tool: 'fail',
      client_ip: '127.0.0.1',
    });
    expect(unknown).toMatchObject({ decision: 'denied', reason: 'tool-unknown', user: 'vic' });
    // What a client made up stands in no log line.
    expect(JSON.stringify(gateway.logs)).not.toContain('nothing');
    const outcome = await eventually(() =>
      gateway.logs.find(({ event, tool }) => event === 'request' && tool === 'fail'),
    );
    expect(outcome).toMatchObject({ decision: 'denied', reason: 'role-missing', rpcError: -32602 });
  });

  it('are those of the moment: a new document holds for the next call', async () => {
    const logs = await startToolset('logs');
    const gateway = await start({ toolsets: [guarded('logs', { echo: ['viewer'] })] }, { logs });
    const client = await connect(gateway, era, bearer('viewer'));
    expect((await client.listTools()).tools).toHaveLength(1);
    await gateway.writeDocument(documentOf({ auth: AUTH, toolsets: [guarded('logs', { echo: ['analyst'] })] }));
    await eventually(() => gateway.logs.some(({ event }) => event === 'reloaded'));
    await expect(client.callTool({ name: 'echo', arguments: { text: 'hi' } })).rejects.toMatchObject({ code: -32602 });
  });
});

describe('roles of tools, in a batch of the legacy era', () => {
  it('hold for each call of it', async () => {
    const logs = await startToolset('logs');
    const gateway = await start({ toolsets: [guarded('logs', { echo: ['viewer'], fail: ['analyst'] })] }, { logs });
    const call = (id: number, name: string) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: { text: 'hi' } },
    });
    const answer = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...bearer('viewer'),
      },
      body: JSON.stringify([call(1, 'fail'), call(2, 'echo')]),
    });
    expect(await answer.text()).toContain('Unknown tool: fail');
    expect(logs.requests.map(({ headers }) => headers['mcp-name'])).toEqual(['echo']);
    expect(decisions(gateway).map(({ tool, decision, reason }) => [tool, decision, reason])).toEqual([
      ['fail', 'denied', 'role-missing'],
      ['echo', 'allowed', undefined],
    ]);
  });
});

describe('the list of tools', () => {
  it('may be kept for its caller alone (MCP 2026-07-28, cacheScope)', async () => {
    const logs = await startToolset('logs');
    const gateway = await start({ toolsets: [guarded('logs', { echo: '*' })] }, { logs });
    const message = await messageOf(await post(gateway, 'modern', 'tools/list', {}, bearer('none')));
    expect(message).toMatchObject({ result: { cacheScope: 'private' } });
  });

  it('follows the roles of an access token, and those of the demo token', async () => {
    const [logs, issuer] = [await startToolset('logs'), await TestIssuer.start()];
    const gateway = await start(
      {
        auth: { mode: 'credentials', issuers: [issuer.entry()], demoToken: { roles: [] } },
        toolsets: [guarded('logs', { echo: ['analyst'], fail: ['viewer'], slow: '*' })],
      },
      { logs },
    );
    const listed = async (credential: string) => {
      const client = await connect(gateway, 'modern', { authorization: `Bearer ${credential}` });
      return (await client.listTools()).tools.map(({ name }) => name);
    };
    expect(await listed(await issuer.sign())).toEqual(['echo', 'slow']);
    expect(await listed(await issuer.sign({ realm_access: { roles: ['viewer', 'admin'] } }))).toEqual(['fail', 'slow']);
    expect(await listed(DEMO_TOKEN)).toEqual(['slow']);
  });
});

describe('roles of agents', () => {
  async function gatewayBeforeAgents(
    agents: Readonly<Record<string, AgentInput['allowedRoles']>>,
    routes: RouteInput[],
  ) {
    const servers = Object.fromEntries(
      await Promise.all(Object.keys(agents).map(async (name) => [name, await startAgent(name)] as const)),
    );
    const gateway = await start(
      { agents: Object.entries(agents).map(([name, allowedRoles]) => agent(name, { allowedRoles })), routes },
      servers,
    );
    const invoke = (who: Who, target: object) => gateway.invoke({ ...target, input: 'hi' }, bearer(who));
    return { gateway, servers, invoke };
  }

  it('decide who may invoke an agent by its name', async () => {
    const { gateway, servers, invoke } = await gatewayBeforeAgents({ support: ['analyst'], open: '*', closed: [] }, [
      byAgent('support'),
      byAgent('open'),
      byAgent('closed'),
    ]);
    const statusOf = async (who: Who, name: string) => (await invoke(who, { agent: name })).status;
    for (const [who, expected] of [
      ['none', [403, 200, 403]],
      ['viewer', [403, 200, 403]],
      ['analyst', [200, 200, 403]],
      ['both', [200, 200, 403]],
    ] as const) {
      expect([await statusOf(who, 'support'), await statusOf(who, 'open'), await statusOf(who, 'closed')]).toEqual(
        expected,
      );
    }
    const refused = await invoke('viewer', { agent: 'support' });
    expect(await refused.json()).toMatchObject({ code: 'role-missing' });
    expect(decisions(gateway).at(-1)).toMatchObject({
      decision: 'denied',
      reason: 'role-missing',
      user: 'vic',
      method: 'invoke',
      route: 'by-agent-support',
      agent: 'support',
    });
    expect(servers.support?.requests.map(({ user }) => user?.sub)).toEqual(['ana', 'bo']);
    expect(servers.closed?.requests).toEqual([]);
  });

  it('leave those backends of a route that the caller may invoke, and refuse when none is left', async () => {
    const backends = [
      { agent: 'secret', weight: 1_000 },
      { agent: 'open', weight: 1 },
      { agent: 'off', weight: 0 },
    ];
    const { gateway, servers, invoke } = await gatewayBeforeAgents(
      { secret: ['analyst'], open: ['viewer'], off: '*' },
      [{ ...byIntent('logs', 'log', 'secret'), backends }],
    );
    const answeredBy = async (who: Who) =>
      ((await (await invoke(who, { intent: 'log' })).json()) as { agent?: string }).agent;
    for (let i = 0; i < 5; i += 1) expect(await answeredBy('viewer')).toBe('open');
    expect(await answeredBy('analyst')).toBe('secret');
    const refused = await invoke('none', { intent: 'log' });
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'role-missing' }]);
    expect(decisions(gateway).at(-1)).toMatchObject({ decision: 'denied', reason: 'role-missing', route: 'logs' });
    expect(servers.off?.requests).toEqual([]);
  });

  it('are those of the agent that a route puts in the place of the named one', async () => {
    const { invoke } = await gatewayBeforeAgents({ old: ['analyst'], new: ['viewer'] }, [byAgent('old', ['new'])]);
    expect((await invoke('viewer', { agent: 'old' })).status).toBe(200);
    expect((await invoke('analyst', { agent: 'old' })).status).toBe(403);
  });

  it('do not turn a down agent into a forbidden one, nor the other way round', async () => {
    const gateway = await start(
      { agents: [agent('support', { allowedRoles: ['analyst'] })], routes: [byAgent('support')] },
      {},
    );
    const statusOf = async (who: Who) => (await gateway.invoke({ agent: 'support', input: 'hi' }, bearer(who))).status;
    expect([await statusOf('analyst'), await statusOf('viewer')]).toEqual([503, 403]);
  });
});
