import { rmSync } from 'node:fs';
import { USER_CLAIM_HEADER, type AgentDocumentInput } from 'agentyard/contract';
import { audienceOf, subjectOf, type TestIdentity } from '../../runtime-kit/test/identity-fixture';
import { cleanUp, eventually, onCleanUp } from '../../runtime-kit/test/test-resources';
import { TestMcpServer } from './mcp-server';
import { documentOf, IDENTITY_MOUNT, RunningAgent, weather } from './running-agent';

const GUIDE = audienceOf('guide');
const time = () => Math.floor(Date.now() / 1000);

const model: AgentDocumentInput['model'] = {
  provider: 'scripted',
  rules: [{ steps: [{ calls: [{ tool: 'forecast', input: { city: 'Oslo' } }] }, { say: '{{result}}' }] }],
};

/** An agent for readers that the gateway may call for users, and a job for itself. */
function settings(toolsets: AgentDocumentInput['toolsets'] = []) {
  const { identity } = documentOf({ model });
  const job = { name: 'job', subject: subjectOf('job'), withoutUser: true };
  return {
    model,
    toolsets,
    allowedRoles: ['reader'],
    identity: { ...identity, callers: [...identity.callers, job] },
  };
}

describe('who may invoke an agent', () => {
  let agent: RunningAgent;

  beforeAll(async () => {
    agent = await RunningAgent.start(settings());
  });

  afterAll(() => agent.stop());

  /** Headers of a call by a service, and what it brings for a user. */
  async function headersOf(identity: TestIdentity, name: string, claim?: Promise<string>) {
    const authorization = await identity.bearer(name, 'guide');
    return { authorization, ...(claim && { [USER_CLAIM_HEADER]: await claim }) };
  }

  const invoke = (headers: Record<string, string>, body = JSON.stringify({ input: 'Weather?' })) =>
    fetch(`${agent.url}/invoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  it('is a user with a role of the agent, through the gateway, whom its log line names', async () => {
    const { identity } = agent;
    const claim = identity.gateway.claim('guide', [GUIDE], { roles: ['other', 'reader'] });
    expect((await invoke(await headersOf(identity, 'gateway', claim))).status).toBe(200);
    const line = agent.logged('request').at(-1);
    expect(line).toMatchObject({ caller: 'gateway', user: 'ada', stopReason: 'completed' });
    expect(line).not.toHaveProperty('decision');
  });

  it('is a service that acts for itself, if the document says so', async () => {
    expect((await invoke(await headersOf(agent.identity, 'job'))).status).toBe(200);
    const line = agent.logged('request').at(-1);
    expect(line).toMatchObject({ caller: 'job', stopReason: 'completed' });
    expect(line).not.toHaveProperty('user');
  });

  it.each<[string, (identity: TestIdentity) => Promise<Record<string, string>>, number, string, object]>([
    ['without a token', async () => Promise.resolve({}), 401, 'auth-missing', { reason: 'token-missing' }],
    [
      'with a token for a toolset of the agent',
      async (identity) => ({ authorization: await identity.bearer('gateway', 'weather') }),
      401,
      'auth-invalid',
      { reason: 'token-audience' },
    ],
    [
      'with a token that has expired',
      async (identity) => ({ authorization: await identity.bearer('gateway', 'guide', { exp: time() - 60 }) }),
      401,
      'auth-invalid',
      { reason: 'token-expired' },
    ],
    [
      'with a token of another issuer',
      async (identity) => ({ authorization: await identity.bearer('gateway', 'guide', { iss: 'https://other' }) }),
      401,
      'auth-invalid',
      { reason: 'token-issuer' },
    ],
    [
      'of a service that is not named',
      (identity) => headersOf(identity, 'stranger'),
      403,
      'caller-refused',
      { reason: 'caller-unknown', caller: subjectOf('stranger') },
    ],
    [
      'of the gateway for no user',
      (identity) => headersOf(identity, 'gateway'),
      403,
      'caller-refused',
      { reason: 'no-user', caller: 'gateway' },
    ],
    [
      'of a user without the role',
      (identity) => headersOf(identity, 'gateway', identity.gateway.claim('guide', [GUIDE], { roles: ['writer'] })),
      403,
      'role-missing',
      { reason: 'role-missing', caller: 'gateway', user: 'ada' },
    ],
    [
      'with a claim that was made for another agent',
      (identity) => headersOf(identity, 'gateway', identity.gateway.claim('other', [GUIDE], { roles: ['reader'] })),
      403,
      'caller-refused',
      { reason: 'claim-party', caller: 'gateway', user: 'ada' },
    ],
    [
      'with a claim whose time is over',
      (identity) => {
        const claim = identity.gateway.claim('guide', [GUIDE], { roles: ['reader'], exp: time() - 60 });
        return headersOf(identity, 'gateway', claim);
      },
      403,
      'caller-refused',
      { reason: 'claim-expired', caller: 'gateway' },
    ],
    [
      'with a claim of another gateway',
      (identity) =>
        headersOf(identity, 'gateway', identity.otherGateway.claim('guide', [GUIDE], { roles: ['reader'] })),
      403,
      'caller-refused',
      { reason: 'claim-issuer', caller: 'gateway' },
    ],
    [
      'of the job for a user, whom it could only have invented',
      (identity) => headersOf(identity, 'job', identity.gateway.claim('guide', [GUIDE], { roles: ['reader'] })),
      403,
      'caller-refused',
      { reason: 'claim-issuer', caller: 'job' },
    ],
  ])('is nobody else: a call %s is refused before its body is read', async (_, headersFrom, status, code, audit) => {
    const response = await invoke(await headersFrom(agent.identity), '{ this is no JSON');
    expect(response.status).toBe(status);
    const problem = await response.text();
    expect(JSON.parse(problem)).toMatchObject({ code, status });
    const requestId = response.headers.get('x-request-id');
    const line = await eventually(() => agent.logged('request').find((found) => found.requestId === requestId));
    expect(line).toMatchObject({ type: 'audit', decision: 'denied', status, ...audit });
  });

  it('stands in the log by name alone, never with what showed it', async () => {
    const { identity } = agent;
    const claim = await identity.gateway.claim('guide', [GUIDE], { roles: ['writer'] });
    const headers = await headersOf(identity, 'gateway', Promise.resolve(claim));
    await invoke(headers);
    const log = JSON.stringify(agent.log);
    for (const part of [claim, headers.authorization.slice('Bearer '.length)].flatMap((jwt) => jwt.split('.'))) {
      expect(log).not.toContain(part);
    }
  });
});

describe('readiness of an agent', () => {
  afterEach(cleanUp);

  it('waits for the trust bundle and for the token of each toolset', async () => {
    const agent = await RunningAgent.start(settings([weather('forecast'), calendar()]));
    onCleanUp(() => agent.stop());
    expect(agent.health.reasons()).toEqual(['the service token for agentyard:tests/calendar cannot be read (ENOENT)']);
    await agent.identity.tokenFile('guide', 'calendar');
    expect(agent.health.reasons()).toEqual([]);
    rmSync(agent.identity.trustBundleDirectory, { recursive: true });
    // The last good one stays.
    expect(agent.health.reasons()).toEqual([]);
  });
});

const calendar = () => ({
  ...weather({ name: 'forecast', as: 'other' }),
  name: 'calendar',
  host: 'calendar',
  serviceToken: { audience: audienceOf('calendar'), file: `${IDENTITY_MOUNT}/tokens/guide-calendar` },
});

describe.each([
  ['of the stateless revision', false],
  ['with sessions', true],
])('what an agent shows a toolset %s', (_, sessions) => {
  afterEach(cleanUp);

  async function start() {
    const [toolset, second] = [await TestMcpServer.start({ sessions }), await TestMcpServer.start({ sessions })];
    const agent = await RunningAgent.start(settings([weather('forecast'), calendar()]));
    await agent.identity.tokenFile('guide', 'calendar');
    onCleanUp(async () => {
      await agent.stop();
      await Promise.all([toolset.stop(), second.stop()]);
    });
    await agent.resolve({
      'weather:8080': [`127.0.0.1:${toolset.port}`],
      'calendar:8080': [`127.0.0.1:${second.port}`],
    });
    const claimOf = (user: string) => agent.identity.gateway.claim('guide', [GUIDE], { sub: user, roles: ['reader'] });
    const invoke = (claim: string) => agent.invoke('Weather?', { [USER_CLAIM_HEADER]: claim });
    return { agent, toolset, second, claimOf, invoke };
  }

  const about = (toolset: TestMcpServer, method: string) =>
    toolset.requests.filter((request) => request.method === method).map(({ userClaim }) => userClaim);

  it('is its own token with every request, and the claim of the user, unchanged, with those for the user', async () => {
    const { agent, toolset, second, claimOf, invoke } = await start();
    const ada = await claimOf('ada');
    expect((await invoke(ada)).output).toBe('Sunny in Oslo.');
    const tokens = new Map([toolset, second].map((server) => [server, new Set<string | undefined>()]));
    for (const [server, shown] of tokens) server.requests.forEach(({ authorization }) => shown.add(authorization));
    const [[first], [other]] = [[...tokens.get(toolset)!], [...tokens.get(second)!]];
    expect([...tokens.values()].map(({ size }) => size)).toEqual([1, 1]);
    for (const [token, name] of [
      [first, 'weather'],
      [other, 'calendar'],
    ]) {
      const [, payload = ''] = (token ?? '').split('.');
      expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
        sub: subjectOf('guide'),
        aud: [audienceOf(name!)],
      });
    }
    expect([about(toolset, 'tools/list'), about(toolset, 'tools/call')]).toEqual([[ada], [ada]]);
    const rest = toolset.requests.filter(({ method }) => !method.startsWith('tools/'));
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.filter(({ userClaim }) => userClaim !== undefined)).toEqual([]);
    expect(JSON.stringify(agent.log)).not.toContain(ada);
  });

  it('is never the claim of another user, and each user’s tools are asked for anew, even if they may be kept', async () => {
    const { toolset, claimOf, invoke } = await start();
    const [ada, bob, eve] = await Promise.all(['ada', 'bob', 'eve'].map(claimOf));
    await invoke(ada!);
    await Promise.all([invoke(bob!), invoke(eve!)]);
    for (const method of ['tools/list', 'tools/call']) {
      expect(new Set(about(toolset, method))).toEqual(new Set([ada, bob, eve]));
      expect(about(toolset, method)).toHaveLength(3);
    }
  });

  it('is no claim when it acts for itself', async () => {
    const { agent, toolset } = await start();
    const headers = { 'content-type': 'application/json', authorization: await agent.identity.bearer('job', 'guide') };
    const init = { method: 'POST', headers, body: JSON.stringify({ input: 'Weather?' }) };
    expect(await (await fetch(`${agent.url}/invoke`, init)).json()).toMatchObject({ output: 'Sunny in Oslo.' });
    expect([about(toolset, 'tools/list'), about(toolset, 'tools/call')]).toEqual([[undefined], [undefined]]);
  });

  it('is the renewed token, on the connection that it has', async () => {
    const { agent, toolset, claimOf, invoke } = await start();
    const ada = await claimOf('ada');
    await invoke(ada);
    const before = toolset.requests.length;
    await agent.identity.tokenFile('guide', 'weather');
    await invoke(ada);
    const shown = (from: number, to?: number) => new Set(toolset.requests.slice(from, to).map((r) => r.authorization));
    expect(shown(before).size).toBe(1);
    expect([...shown(before)]).not.toEqual([...shown(0, before)]);
    expect(toolset.initialized).toBe(sessions ? 1 : 0);
  });
});
