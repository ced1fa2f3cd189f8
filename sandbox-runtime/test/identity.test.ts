import { rename } from 'node:fs/promises';
import type { Client } from '@modelcontextprotocol/client';
import { USER_CLAIM_HEADER } from 'agentyard/contract';
import { eventually } from '../../runtime-kit/test/test-resources.js';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture.js';
import { RuntimeProcess } from './runtime-process.js';
import { SandboxFixture, textOf } from './sandbox-fixture.js';

const BENCH = audienceOf('bench');
const MODULE = `
export async function read() { return 'read'; }
export async function write() { return 'written'; }
export async function hello() { return 'hello'; }
export async function search({ limit }) { return 'found ' + limit; }
export async function nobody() { return 'never'; }
export async function look(input, context) {
  const report = process.report.getReport();
  return JSON.stringify({ environment: process.env, argv: process.argv, execArgv: process.execArgv, input, context, report });
}
`;
const tools = [
  { name: 'read', module: 'm.mjs', allowedRoles: ['reader', 'writer'] },
  { name: 'write', module: 'm.mjs', allowedRoles: ['writer'] },
  { name: 'hello', module: 'm.mjs', allowedRoles: '*' as const },
  { name: 'nobody', module: 'm.mjs', allowedRoles: [] },
  {
    name: 'search',
    module: 'm.mjs',
    allowedRoles: ['searcher', 'librarian'],
    argumentRules: [
      {
        role: 'searcher',
        schema: {
          type: 'object' as const,
          properties: { limit: { type: 'integer', maximum: 100 } },
          required: ['limit'],
        },
      },
      { role: '*', expression: 'args.limit <= 1000' },
    ],
  },
  { name: 'look', module: 'm.mjs', allowedRoles: '*' as const },
];

/** A toolset that an agent, a gateway and a job may call, each in its own way. */
async function bench(): Promise<SandboxFixture> {
  const sandbox = await SandboxFixture.create();
  const { gateway, trustBundleDirectory } = sandbox.identity;
  const claimIssuers = [gateway.issuer];
  await sandbox.write(
    { modules: { 'm.mjs': MODULE }, tools },
    {
      identity: {
        audience: BENCH,
        trustBundleDirectory,
        callers: [
          {
            name: 'guide',
            subject: subjectOf('guide'),
            claimIssuers,
            tools: ['read', 'write', 'nobody', 'look', 'search'],
          },
          { name: 'gateway', subject: gateway.subject, claimIssuers, tools: ['read', 'hello'] },
          { name: 'cron', subject: subjectOf('cron'), tools: [], ownTools: ['search'] },
          { name: 'job', subject: subjectOf('job'), claimIssuers, tools: ['write'], ownTools: ['read'] },
        ],
      },
    },
  );
  return sandbox;
}

describe('a sandbox that is called by other services', () => {
  let sandbox: SandboxFixture;
  let runtime: RuntimeProcess;

  beforeAll(async () => {
    sandbox = await bench();
    runtime = new RuntimeProcess(sandbox);
  });

  afterAll(async () => {
    await runtime.stop('SIGKILL');
    await sandbox.close();
  });

  /** A client of a service, for a user with these roles; without roles for no user. */
  async function clientOf(name: string, roles?: string[], headers: Record<string, string> = {}): Promise<Client> {
    const claim = roles && (await sandbox.identity.gateway.claim(name, [audienceOf('guide'), BENCH], { roles }));
    return runtime.connect({ ...(await sandbox.headers(name, claim)), ...headers });
  }

  const namesOf = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name);

  /** The last line of a tool call, once the one that is expected has come. */
  const audited = (expected: Readonly<Record<string, unknown>>) =>
    eventually(() => {
      const line = runtime.lines.filter(({ event }) => event === 'tool-call').at(-1);
      return line !== undefined && Object.entries(expected).every(([key, value]) => line[key] === value) && line;
    });

  it.each<[string, string, string[] | undefined, string[]]>([
    ['a user of the agent with one role', 'guide', ['reader'], ['read', 'look']],
    ['a user of the agent with another role', 'guide', ['writer', 'other'], ['read', 'write', 'look']],
    ['a user of the agent without roles', 'guide', [], ['look']],
    ['a user of the gateway', 'gateway', ['reader', 'writer'], ['read', 'hello']],
    ['the agent itself', 'guide', undefined, []],
    ['a service with tools of its own', 'job', undefined, ['read']],
    ['a user of a service with tools of its own', 'job', ['writer'], ['write']],
  ])('lists for %s what may be called, and nothing else can be', async (_, name, roles, expected) => {
    const client = await clientOf(name, roles);
    expect(await namesOf(client)).toEqual(expected);
    for (const tool of ['read', 'write', 'hello', 'nobody', 'absent']) {
      const calling = client.callTool({ name: tool, arguments: {} });
      if (expected.includes(tool)) expect((await calling).isError).toBeUndefined();
      else await expect(calling).rejects.toMatchObject({ code: -32602, message: `Unknown tool: ${tool}` });
    }
  });

  it('serves two users over one connection, each as it may', async () => {
    const { gateway } = sandbox.identity;
    const client = await clientOf('guide');
    for (const roles of [['writer'], ['reader'], ['writer']]) {
      const headers = { [USER_CLAIM_HEADER]: await gateway.claim('guide', [BENCH], { roles }) };
      const { tools: listed } = await client.listTools(undefined, { headers });
      expect(listed.some(({ name }) => name === 'write')).toBe(roles.includes('writer'));
    }
  });

  it('needs no user for what concerns no tool', async () => {
    const client = await clientOf('guide');
    expect(client.getServerVersion()?.name).toBe('bench');
    expect(await client.ping()).toEqual({});
  });

  it('writes one line of each call: who, for whom, which tool, whether it was allowed and how it went', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const client = await clientOf('guide', ['reader'], { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    await client.callTool({ name: 'read', arguments: {} });
    expect(await audited({ tool: 'read', decision: 'allowed' })).toMatchObject({
      type: 'audit',
      traceId,
      caller: 'guide',
      user: 'ada',
      method: 'tools/call',
      outcome: 'ok',
      isError: false,
      bytesIn: '{}'.length,
      bytesOut: expect.any(Number),
      duration_ms: expect.any(Number),
      requestId: expect.any(String),
    });
  });

  it.each<[string, string, string[] | undefined, string, string]>([
    ['the user lacks its role', 'guide', ['reader'], 'write', 'role-missing'],
    ['it is for nobody', 'guide', ['writer'], 'nobody', 'role-missing'],
    ['its caller was not given it', 'guide', ['reader'], 'hello', 'tool-not-granted'],
    ['there is no user', 'guide', undefined, 'read', 'no-user'],
    ['its caller has neither it nor a user', 'gateway', undefined, 'write', 'tool-not-granted'],
    ['it is not there', 'guide', ['reader'], 'absent', 'tool-unknown'],
  ])('writes why a call was denied: %s', async (_, name, roles, tool, reason) => {
    const client = await clientOf(name, roles);
    await expect(client.callTool({ name: tool, arguments: {} })).rejects.toThrow('Unknown tool');
    const line = await audited({ tool, reason });
    expect(line).toMatchObject({ type: 'audit', decision: 'denied', caller: name, outcome: 'refused' });
    expect(line.user).toBe(roles && 'ada');
  });

  it.each<[string, string, string[] | undefined, number, string | undefined]>([
    ['within the rule of the user’s role', 'guide', ['searcher'], 100, undefined],
    ['beyond it', 'guide', ['searcher'], 101, '/limit (maximum)'],
    ['within the rule of another of its roles', 'guide', ['searcher', 'librarian'], 101, undefined],
    ['beyond the rules of all of them', 'guide', ['searcher', 'librarian'], 1001, '/limit (maximum), or / (cel)'],
    ['within the rule for all, of a service that acts for itself', 'cron', undefined, 1000, undefined],
    ['beyond it', 'cron', undefined, 1001, '/ (cel)'],
  ])('calls a tool with arguments %s, or says which are not allowed', async (_, name, roles, limit, refusal) => {
    const client = await clientOf(name, roles);
    const result = await client.callTool({ name: 'search', arguments: { limit } });
    expect([result.isError, textOf(result)]).toEqual(
      refusal === undefined
        ? [undefined, `found ${limit}`]
        : [true, `The call is not allowed with these arguments: ${refusal}. Nothing was called.`],
    );
    if (refusal === undefined) return;
    const line = await audited({ reason: 'arguments-refused', caller: name });
    expect(line).toMatchObject({ type: 'audit', tool: 'search', decision: 'denied', outcome: 'refused' });
    expect(line.rule).toMatch(roles === undefined ? /^\* #$/ : /^searcher #\/properties\/limit\/maximum/);
  });

  const initialize = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  });

  it.each<[string, () => Promise<Record<string, string>> | Record<string, string>, number, string, string]>([
    ['without a token', () => ({}), 401, 'auth-missing', 'token-missing'],
    [
      'with the agent’s token for another toolset',
      async () => ({ authorization: await sandbox.identity.bearer('guide', 'calendar') }),
      401,
      'auth-invalid',
      'token-audience',
    ],
    [
      'of a service that is not named',
      async () => ({ authorization: await sandbox.identity.bearer('stranger', 'bench') }),
      403,
      'caller-refused',
      'caller-unknown',
    ],
    [
      'with a claim that was made for another agent',
      async () => sandbox.headers('guide', await sandbox.identity.gateway.claim('job', [BENCH])),
      403,
      'caller-refused',
      'claim-party',
    ],
    [
      'with a claim that is for other toolsets',
      async () => sandbox.headers('guide', await sandbox.identity.gateway.claim('guide', [audienceOf('calendar')])),
      403,
      'caller-refused',
      'claim-audience',
    ],
    [
      'with a claim whose time is over',
      async () => {
        const exp = Math.floor(Date.now() / 1000) - 60;
        return sandbox.headers('guide', await sandbox.identity.gateway.claim('guide', [BENCH], { exp }));
      },
      403,
      'caller-refused',
      'claim-expired',
    ],
  ])(
    'refuses a request %s, whatever it asks, and says why in its log alone',
    async (_, headersOf, status, code, reason) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json', ...(await headersOf()) };
      const address = await runtime.address();
      for (const method of ['POST', 'GET', 'DELETE']) {
        const body = method === 'POST' ? initialize : undefined;
        const response = await fetch(`${address}/mcp`, { method, headers, body });
        expect([response.status, response.headers.has('www-authenticate')]).toEqual([status, status === 401]);
        const problem = await response.text();
        expect(JSON.parse(problem)).toMatchObject({ code });
        expect(problem).not.toContain(reason);
        const requestId = response.headers.get('x-request-id');
        const line = await eventually(() =>
          runtime.lines.find((found) => found.event === 'request' && found.requestId === requestId),
        );
        expect(line).toMatchObject({ type: 'audit', decision: 'denied', reason, status });
      }
    },
  );

  it('shows a tool nothing of the token and of the claim with which it is called, and logs nothing of them', async () => {
    const claim = await sandbox.identity.gateway.claim('guide', [BENCH], {
      sub: 'user-of-the-claim',
      roles: ['reader'],
    });
    const headers = await sandbox.headers('guide', claim);
    const client = await runtime.connect(headers);
    const seen = textOf(await client.callTool({ name: 'look', arguments: { question: 'what is here' } }));
    expect(seen).toContain('what is here');
    const parts = [claim, headers.authorization ?? ''].flatMap((jwt) => jwt.replace('Bearer ', '').split('.'));
    for (const part of [...parts, 'user-of-the-claim', 'system:serviceaccount']) expect(seen).not.toContain(part);
    await audited({ tool: 'look', user: 'user-of-the-claim' });
    for (const part of parts) expect(JSON.stringify(runtime.lines)).not.toContain(part);
  });
});

describe('the trust bundle of a sandbox', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => {
    sandbox = await bench();
  });

  afterEach(() => sandbox.close());

  it('makes it ready when it comes', async () => {
    const { trustBundleDirectory } = sandbox.identity;
    await rename(trustBundleDirectory, `${trustBundleDirectory}-later`);
    expect(await sandbox.start()).toEqual({
      ready: false,
      reasons: ['trust-bundle.json: cannot be read (ENOENT)'],
    });
    const refused = await fetch(`${sandbox.address}/mcp`, { method: 'POST', headers: await sandbox.headers('job') });
    expect(refused.status).toBe(503);
    await rename(`${trustBundleDirectory}-later`, trustBundleDirectory);
    await eventually(async () => (await fetch(`${sandbox.address}/readyz`)).ok);
    const client = await sandbox.connect(sandbox.address, await sandbox.headers('job'));
    expect(textOf(await client.callTool({ name: 'read', arguments: {} }))).toBe('read');
  });

  it('is followed while it runs, and a broken one changes nothing', async () => {
    await sandbox.start();
    const { identity } = sandbox;
    const old = await sandbox.headers('job');
    identity.writeBundle('{');
    identity.cluster.rotate('cluster-2');
    const fresh = await sandbox.headers('job');
    const statusOf = async (headers: Record<string, string>) =>
      (await fetch(`${sandbox.address}/mcp`, { method: 'GET', headers })).status;
    expect([await statusOf(old), await statusOf(fresh)]).toEqual([405, 401]);
    identity.writeBundle();
    await eventually(async () => (await statusOf(fresh)) === 405);
    expect(await statusOf(old)).toBe(401);
    expect((await fetch(`${sandbox.address}/readyz`)).status).toBe(200);
  });
});
