import path from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { problemOf, USER_CLAIM_HEADER, type GatewayDocumentInput, type ProblemCode } from 'agentyard/contract';
import { audienceOf, subjectOf, TestGateway as TestIssuingGateway } from '../../runtime-kit/test/identity-fixture';
import {
  agent,
  answerJson,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  KEYS_MOUNT,
  logLine,
  replaceFile,
  startAgent,
  startServer,
  startTestGateway,
  type TestGateway,
} from './fixture';
import { provideIdentity, testIdentity } from './identity-files';
import { at, TestIssuer } from './test-issuer';
import { connect, messageOf, post, startToolset, toolset } from './toolset-fixture';

afterEach(cleanUp);

const alice = apiKey('alice0001', { user: 'alice', roles: ['viewer', 'analyst'] });
const bearer = { authorization: `Bearer ${alice.key}` };

/**
 * A gateway before an agent and a toolset at these addresses, that takes an API key.
 *
 * @param missing mounted files that are not there
 */
async function gatewayBefore(
  support: string,
  logs: string,
  more: Partial<GatewayDocumentInput> = {},
  missing: readonly string[] = [],
) {
  const document = documentOf({
    auth: API_KEYS,
    agents: [agent('support', { claimAudiences: [audienceOf('support'), audienceOf('weather')] })],
    routes: [byAgent('support')],
    toolsets: [toolset('logs', ['echo'])],
    ...more,
  });
  const hosts = { 'support-pods:8080': [support], 'logs-pods:8080': [logs] };
  return { document, gateway: await startTestGateway({ document, hosts, keys: { alice: alice.file }, missing }) };
}

const invoke = (gateway: TestGateway, headers: Readonly<Record<string, string>> = bearer) =>
  gateway.invoke({ agent: 'support', input: 'hi' }, headers);

const call = async (gateway: TestGateway, headers: Readonly<Record<string, string>> = bearer) =>
  messageOf(await post(gateway, 'modern', 'tools/call', { name: 'echo', arguments: { text: 'hi' } }, headers));

const textOf = (message: Readonly<Record<string, unknown>>) =>
  (message.result as { content: { text: string }[] }).content[0]?.text;

describe('what the gateway shows', () => {
  it('an agent: its own token, and a claim that the agent may bring to its toolsets', async () => {
    const [support, logs] = [await startAgent('support'), await startToolset('logs')];
    const { gateway } = await gatewayBefore(support.address, logs.address);
    expect((await invoke(gateway, { ...bearer, 'x-request-id': 'abc-1' })).status).toBe(200);
    const { headers, user } = support.requests[0] ?? {};
    expect(user).toMatchObject({
      iss: audienceOf('gateway'),
      sub: 'alice',
      roles: ['viewer', 'analyst'],
      aud: [audienceOf('support'), audienceOf('weather')],
      azp: subjectOf('support'),
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    // The 10 s of the call, and 30 s more.
    expect((user?.exp ?? 0) - (user?.iat ?? 0)).toBe(40);
    const token = headers?.authorization?.replace('Bearer ', '') ?? '';
    expect(decodeJwt(token)).toMatchObject({ aud: [audienceOf('support')], sub: subjectOf('gateway') });
    expect(decodeProtectedHeader(String(headers?.[USER_CLAIM_HEADER]))).toMatchObject({
      alg: 'EdDSA',
      typ: 'agentyard-user+jwt',
    });
  });

  it('a toolset: its own token, and a claim for it alone that nobody but the gateway may bring', async () => {
    const [support, logs] = [await startAgent('support'), await startToolset('logs')];
    const { gateway } = await gatewayBefore(support.address, logs.address);
    const client = await connect(gateway, 'modern', bearer);
    await client.listTools();
    await client.callTool({ name: 'echo', arguments: { text: 'hi' } });
    expect(logs.requests).toHaveLength(2);
    for (const { headers, user } of logs.requests) {
      expect(user).toMatchObject({ sub: 'alice', aud: [audienceOf('logs')], azp: subjectOf('gateway') });
      const token = headers.authorization?.replace('Bearer ', '') ?? '';
      expect(decodeJwt(token)).toMatchObject({ aud: [audienceOf('logs')], sub: subjectOf('gateway') });
    }
  });

  it('of nobody in particular, when it lets everyone in: anonymous, without a role', async () => {
    const [support, logs] = [await startAgent('support'), await startToolset('logs')];
    const { gateway } = await gatewayBefore(support.address, logs.address, { auth: { mode: 'none' } });
    await invoke(gateway, {});
    await call(gateway, {});
    expect([support, logs].map(({ requests }) => requests[0]?.user)).toMatchObject([
      { sub: 'anonymous', roles: [] },
      { sub: 'anonymous', roles: [] },
    ]);
  });

  it('is never what the client has shown', async () => {
    const [support, logs] = [await startAgent('support'), await startToolset('logs')];
    const issuer = await TestIssuer.start();
    const auth = {
      mode: 'credentials' as const,
      issuers: [issuer.entry()],
      apiKeys: { directory: KEYS_MOUNT },
    };
    const { gateway } = await gatewayBefore(support.address, logs.address, { auth });
    const token = await issuer.sign({ exp: at(120), canary: 'canary-claim' });
    const { cluster, gateway: claims } = await testIdentity();
    const forged = {
      cookie: 'session=canary-cookie',
      'x-api-key': 'canary-key',
      'proxy-authorization': 'canary-proxy',
      // A client that shows a claim and a service's token of its own has nothing from it.
      [USER_CLAIM_HEADER]: await claims.claim('support', [audienceOf('support')], { sub: 'root', jti: 'canary-jti' }),
    };
    for (const headers of [
      { ...forged, authorization: `Bearer ${token}` },
      { ...forged, authorization: `Bearer ${alice.key}` },
    ]) {
      expect((await invoke(gateway, headers)).status).toBe(200);
      expect(textOf(await call(gateway, headers))).toBe('logs: hi');
    }
    const service = await cluster.token('support', audienceOf('gateway'));
    expect((await invoke(gateway, { ...forged, authorization: `Bearer ${service}` })).status).toBe(401);
    expect(support.requests).toHaveLength(2);
    expect(logs.requests).toHaveLength(2);
    const seen = JSON.stringify([support.requests, logs.requests, gateway.logs]);
    for (const secret of ['canary', token.split('.')[1], token.split('.')[2], alice.key.slice(-43), 'root']) {
      expect(seen).not.toContain(secret);
    }
  });

  it('is in an audit line before the first byte is sent', async () => {
    const seen: unknown[] = [];
    const note = () => seen.push(gateway.logs.findLast(({ event }) => event === 'decision'));
    const support = await startServer((_request, response) => {
      note();
      answerJson(response, 200, {});
    });
    const logs = await startServer((_request, response, body) => {
      note();
      const { id } = JSON.parse(body) as { id: string };
      answerJson(response, 200, { jsonrpc: '2.0', id, result: { resultType: 'complete', content: [], tools: [] } });
    });
    const { gateway } = await gatewayBefore(support.address, logs.address);
    await invoke(gateway);
    await (await post(gateway, 'modern', 'tools/list', {}, bearer)).text();
    await call(gateway);
    expect(seen).toMatchObject([
      { decision: 'allowed', user: 'alice', method: 'invoke', agent: 'support' },
      { decision: 'allowed', user: 'alice', method: 'tools/list' },
      { decision: 'allowed', user: 'alice', method: 'tools/call', toolset: 'logs', tool: 'echo' },
    ]);
  });

  it('follows its token and its signing key when they are renewed', async () => {
    const support = await startAgent('support');
    const { gateway, document } = await gatewayBefore(support.address, '');
    const shown = async () => {
      await invoke(gateway);
      const { authorization, [USER_CLAIM_HEADER]: claim } = support.requests.at(-1)?.headers ?? {};
      return { authorization, kid: decodeProtectedHeader(String(claim)).kid };
    };
    expect((await shown()).kid).toBe('gateway-1');
    const identity = await testIdentity();
    const renewed = await identity.cluster.token('gateway', audienceOf('support'), { jti: 'renewed' });
    await replaceFile(path.join(gateway.directory, 'tokens', 'support'), renewed);
    await eventually(async () => (await shown()).authorization === `Bearer ${renewed}`);
    identity.gateway.key = new TestIssuingGateway('renewed').key;
    identity.writeBundle();
    await provideIdentity(gateway.directory, document);
    await eventually(async () => (await shown()).kid === 'renewed-1');
  });
});

describe('a gateway that cannot show who it is', () => {
  const FAULTS = [
    ['tokens/support', /service token for agentyard:tests\/support cannot be read \(ENOENT\)/],
    ['tokens/logs', /service token for agentyard:tests\/logs cannot be read \(ENOENT\)/],
    ['signing-keys/signing-keys.json', /signing-keys.json: cannot be read \(ENOENT\)/],
  ] as const;

  it.each(FAULTS)('for want of %s is not ready, and says why', async (file, reason) => {
    const { gateway } = await gatewayBefore('', '', {}, [file]);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ reasons: [expect.stringMatching(reason)] });
  });

  it.each(['tokens/support', 'signing-keys/signing-keys.json'])(
    'for want of %s sends nothing to an agent, and gives a stated answer',
    async (file) => {
      const support = await startAgent('support');
      const { gateway } = await gatewayBefore(support.address, '', {}, [file]);
      const answer = await invoke(gateway);
      expect([answer.status, await answer.json()]).toMatchObject([
        502,
        { code: 'agent-failed', detail: 'The gateway cannot show the agent who calls. Nothing was sent to it.' },
      ]);
      expect(await logLine(gateway, 'service-identity-unavailable')).toMatchObject({
        level: 'error',
        agent: 'support',
      });
      expect(support.requests).toEqual([]);
    },
  );

  it('leaves a toolset’s tools out of the list, and answers a call of one with a tool error', async () => {
    const logs = await startToolset('logs');
    const { gateway } = await gatewayBefore('', logs.address, {}, ['tokens/logs']);
    const client = await connect(gateway, 'modern', bearer);
    expect((await client.listTools()).tools).toEqual([]);
    const message = await call(gateway);
    expect(message).toMatchObject({ result: { isError: true } });
    expect(textOf(message)).toContain('the gateway cannot show it who calls. Nothing was called');
    expect(await logLine(gateway, 'service-identity-unavailable')).toMatchObject({ level: 'error', toolset: 'logs' });
    expect(logs.requests).toEqual([]);
  });
});

describe('a gateway that is refused', () => {
  const problem = (code: ProblemCode) => problemOf(code, { detail: 'canary-detail' });
  const answering = (code: ProblemCode) =>
    startServer((_request, response) =>
      answerJson(response, problem(code).status, problem(code), 'application/problem+json'),
    );

  it.each(['auth-missing', 'auth-invalid', 'caller-refused', 'issuer-unavailable'] as const)(
    'by an agent with %s says that the agent failed, and logs why',
    async (code) => {
      const { gateway } = await gatewayBefore((await answering(code)).address, '');
      const answer = await invoke(gateway);
      expect([answer.status, await answer.json()]).toMatchObject([
        502,
        { code: 'agent-failed', detail: 'The agent refuses the identity of this gateway.' },
      ]);
      expect(await logLine(gateway, 'service-identity-refused')).toMatchObject({
        level: 'error',
        agent: 'support',
        status: problem(code).status,
      });
    },
  );

  it('by an agent for the user’s roles passes that on', async () => {
    const { gateway } = await gatewayBefore((await answering('role-missing')).address, '');
    const answer = await invoke(gateway);
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'role-missing' }]);
    expect(gateway.logs.some(({ event }) => event === 'service-identity-refused')).toBe(false);
  });

  it.each(['auth-invalid', 'caller-refused', 'issuer-unavailable'] as const)(
    'by a toolset with %s answers with a tool error, and logs why',
    async (code) => {
      const { gateway } = await gatewayBefore('', (await answering(code)).address);
      const message = await call(gateway);
      expect(message).toMatchObject({ result: { isError: true } });
      expect(textOf(message)).toContain('it refuses the identity of this gateway. Nothing was called');
      expect(await logLine(gateway, 'service-identity-refused')).toMatchObject({
        level: 'error',
        toolset: 'logs',
        status: problem(code).status,
      });
      expect(JSON.stringify([message, gateway.logs])).not.toContain('canary-detail');
    },
  );

  it('by the real check of an agent and of a toolset, since the cluster’s keys are others, is refused in the same way', async () => {
    const [support, logs] = [await startAgent('support'), await startToolset('logs')];
    const { gateway } = await gatewayBefore(support.address, logs.address);
    expect((await invoke(gateway)).status).toBe(200);
    const identity = await testIdentity();
    identity.cluster.rotate('cluster-2');
    identity.writeBundle();
    await eventually(async () => (await invoke(gateway)).status === 502);
    await eventually(async () => textOf(await call(gateway))?.includes('refuses the identity of this gateway'));
  });
});
