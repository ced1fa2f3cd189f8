import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DEMO_TOKEN, type GatewayDocumentInput } from 'agentyard/contract';
import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  logLine,
  startAgent,
  startTestGateway,
  type TestGateway,
} from './fixture';

afterEach(cleanUp);

const alice = apiKey('alice0001', { user: 'alice' });

async function gatewayWithKeys(keys: Readonly<Record<string, string>>) {
  const server = await startAgent('support');
  const document = documentOf({
    auth: API_KEYS,
    agents: [agent('support')],
    routes: [byAgent('support')],
  });
  const gateway = await startTestGateway({ document, hosts: { 'support-pods:8080': [server.address] }, keys });
  const ask = (headers: Record<string, string>) => gateway.invoke({ agent: 'support', input: 'hi' }, headers);
  const statusOf = async (key: string) => (await ask({ 'x-api-key': key })).status;
  return { gateway, server, ask, statusOf };
}

describe('API keys', () => {
  it.each([
    ['authorization', `Bearer ${alice.key}`],
    ['authorization', `bearer ${alice.key}`],
    ['x-api-key', alice.key],
  ])('are taken from %s: %s', async (header, value) => {
    const { ask, gateway } = await gatewayWithKeys({ alice: alice.file });
    expect((await ask({ [header]: value })).status).toBe(200);
    expect(await logLine(gateway, 'request')).toMatchObject({
      user: 'alice',
      auth: 'api-key',
      keyId: 'alice0001',
      decision: 'allowed',
    });
  });

  it('are asked for on both paths when none is sent', async () => {
    const { gateway, server } = await gatewayWithKeys({ alice: alice.file });
    for (const target of ['/v1/invoke', '/mcp']) {
      const answer = await fetch(gateway.url + target, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="agentyard"');
      expect(await answer.json()).toMatchObject({
        code: 'auth-missing',
        detail: expect.stringMatching(/^Send an access token/),
      });
      expect(gateway.logs.findLast(({ event }) => event === 'decision')).toMatchObject({
        decision: 'denied',
        reason: 'missing',
        method: target === '/mcp' ? 'mcp' : 'invoke',
        client_ip: '127.0.0.1',
      });
    }
    expect(server.requests).toEqual([]);
  });

  it.each(['access_token', 'Access%5FToken', 'api_key', 'x-api-key', 'token'])(
    'are refused in a URL, as %s, even beside a header that would do, and are not logged',
    async (name) => {
      const { gateway, server } = await gatewayWithKeys({ alice: alice.file });
      for (const path of ['/v1/invoke', '/mcp']) {
        const answer = await fetch(`${gateway.url}${path}?a=b&${name}=${alice.key}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': alice.key },
          body: '{}',
        });
        expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'token-in-url' }]);
      }
      expect(server.requests).toEqual([]);
      expect(gateway.logs.find(({ event }) => event === 'decision')).toMatchObject({
        decision: 'denied',
        reason: 'in-url',
        client_ip: '127.0.0.1',
      });
      expect(JSON.stringify(gateway.logs)).not.toContain(alice.key.slice(-43));
    },
  );

  it('are refused in the same words, whatever is wrong with them', async () => {
    const expired = apiKey('expired01', { expiresAt: '2020-01-01T00:00:00Z' });
    const { ask, server, gateway } = await gatewayWithKeys({ alice: alice.file, expired: expired.file });
    const wrong: Record<string, string>[] = [
      { 'x-api-key': apiKey('nobody001').key },
      { 'x-api-key': `${alice.key.slice(0, -1)}${alice.key.endsWith('A') ? 'B' : 'A'}` },
      { 'x-api-key': expired.key },
      { 'x-api-key': '' },
      { 'x-api-key': 'no key at all' },
      { 'x-api-key': alice.key.replace('alice0001', 'expired01') },
      { authorization: `Basic ${Buffer.from(alice.key).toString('base64')}` },
      { authorization: 'Bearer wrong', 'x-api-key': alice.key },
    ];
    const bodies = [];
    for (const headers of wrong) {
      const answer = await ask(headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="agentyard", error="invalid_token"');
      bodies.push({ ...((await answer.json()) as object), requestId: undefined });
    }
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(bodies[0]).toMatchObject({ code: 'auth-invalid' });
    expect(server.requests).toEqual([]);
    expect(gateway.logs.filter(({ user }) => user !== undefined)).toEqual([]);
    const decisions = gateway.logs.filter(({ event }) => event === 'decision');
    expect(decisions.map(({ decision, reason, keyId }) => [decision, reason, keyId])).toEqual([
      ['denied', 'key-unknown', undefined],
      ['denied', 'key-unknown', undefined],
      ['denied', 'key-expired', 'expired01'],
      ['denied', 'key-unknown', undefined],
      ['denied', 'key-unknown', undefined],
      ['denied', 'key-unknown', undefined],
      ['denied', 'malformed', undefined],
      ['denied', 'malformed', undefined],
    ]);
  });

  it('expire while the gateway runs', async () => {
    const short = apiKey('short0001', { expiresAt: new Date(Date.now() + 1_500).toISOString() });
    const { statusOf } = await gatewayWithKeys({ short: short.file });
    expect(await statusOf(short.key)).toBe(200);
    await eventually(async () => (await statusOf(short.key)) === 401);
  });

  it('are added, changed and revoked while the gateway runs', async () => {
    const bob = apiKey('bob000001');
    const { gateway, statusOf } = await gatewayWithKeys({ alice: alice.file });
    expect(await statusOf(bob.key)).toBe(401);
    await gateway.writeKey('bob', bob.file);
    await eventually(async () => (await statusOf(bob.key)) === 200);
    await gateway.writeKey('bob', apiKey('bob000001', { expiresAt: '2020-01-01T00:00:00Z' }).file);
    await eventually(async () => (await statusOf(bob.key)) === 401);
    await gateway.writeKey('alice', undefined);
    await eventually(async () => (await statusOf(alice.key)) === 401);
  });

  it('count as a Secret’s volume mounts them: links into a directory that is swapped', async () => {
    const { gateway, statusOf } = await gatewayWithKeys({});
    const keys = path.join(gateway.directory, 'keys');
    await mkdir(path.join(keys, '..one'));
    await writeFile(path.join(keys, '..one', 'alice'), alice.file);
    await symlink('..one', path.join(keys, '..data'));
    await symlink(path.join('..data', 'alice'), path.join(keys, 'alice'));
    await eventually(async () => (await statusOf(alice.key)) === 200);
    await mkdir(path.join(keys, '..two'));
    await symlink('..two', path.join(keys, '..next'));
    await rename(path.join(keys, '..next'), path.join(keys, '..data'));
    await rm(path.join(keys, 'alice'));
    await eventually(async () => (await statusOf(alice.key)) === 401);
    expect(gateway.logs.filter(({ file }) => typeof file === 'string' && file.startsWith('..'))).toEqual([]);
  });

  it('count although another file is broken, which is logged once with its name and fault and without its text', async () => {
    const files = {
      alice: alice.file,
      broken: '{"kind":"ApiKey", canary',
      partial: '{"kind":"ApiKey","version":1,"id":"canary-canary"}',
      zweite: alice.file,
    };
    const { gateway, statusOf } = await gatewayWithKeys(files);
    expect(await statusOf(alice.key)).toBe(200);
    await gateway.writeKey('later', '[]');
    await eventually(() => gateway.logs.some(({ file }) => file === 'later'));
    const lines = gateway.logs.filter(({ event }) => event === 'key-refused');
    expect(lines.map(({ file }) => file)).toEqual(['broken', 'partial', 'zweite', 'later']);
    expect(lines[0]).toMatchObject({ level: 'error', fault: expect.stringMatching(/^\$: not JSON/) });
    expect(lines[1]?.fault).toContain('$.sha256');
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('are all refused, and the gateway is not ready, while the directory cannot be read', async () => {
    const { gateway, statusOf } = await gatewayWithKeys({ alice: alice.file });
    expect(await statusOf(alice.key)).toBe(200);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    const keys = path.join(gateway.directory, 'keys');
    await rename(keys, `${keys}-away`);
    const readyz = () => fetch(`${gateway.url}/readyz`);
    // A directory that goes away between its listing and its files has keys that cannot be read, until it is listed again.
    await eventually(async () => (await readyz()).status === 503);
    expect(await statusOf(alice.key)).toBe(401);
    expect(await (await readyz()).json()).toMatchObject({ reasons: [expect.stringContaining('API keys')] });
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    await rename(`${keys}-away`, keys);
    await eventually(async () => (await statusOf(alice.key)) === 200);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });

  it('reach neither the agent nor the log', async () => {
    const { ask, gateway, server } = await gatewayWithKeys({ alice: alice.file });
    await ask({ authorization: `Bearer ${alice.key}`, 'x-api-key': alice.key, cookie: `key=${alice.key}` });
    await ask({ authorization: `Bearer ${alice.key}x` });
    await eventually(() => gateway.logs.filter(({ event }) => event === 'request').length === 2);
    expect(server.requests).toHaveLength(1);
    const secret = alice.key.slice(-43);
    expect(JSON.stringify(server.requests)).not.toContain(secret);
    expect(JSON.stringify(gateway.logs)).not.toContain(secret);
  });
});

describe('the demo token', () => {
  const ask = (gateway: TestGateway) =>
    gateway.invoke({ agent: 'support', input: 'hi' }, { authorization: `Bearer ${DEMO_TOKEN}` });

  async function gatewayWith(auth: GatewayDocumentInput['auth']) {
    const server = await startAgent('support');
    const document = documentOf({ auth, agents: [agent('support')], routes: [byAgent('support')] });
    return { server, gateway: await startTestGateway({ document, hosts: { 'support-pods:8080': [server.address] } }) };
  }

  it('lets everyone in with its roles if the document says so, with a warning at the start and in each audit line', async () => {
    const { gateway, server } = await gatewayWith({ mode: 'credentials', demoToken: { roles: ['viewer'] } });
    expect(gateway.logs.filter(({ level }) => level === 'warn')).toMatchObject([{ event: 'auth-demo-token' }]);
    expect((await ask(gateway)).status).toBe(200);
    expect(server.requests[0]?.user).toMatchObject({ sub: 'demo', roles: ['viewer'] });
    expect(await logLine(gateway, 'request')).toMatchObject({ user: 'demo', auth: 'demo-token' });
    expect((await gateway.invoke({ agent: 'support', input: 'hi' })).status).toBe(401);
  });

  it('is refused otherwise', async () => {
    const { gateway, server } = await gatewayWith(API_KEYS);
    expect((await ask(gateway)).status).toBe(401);
    expect(await logLine(gateway, 'decision')).toMatchObject({
      decision: 'denied',
      reason: 'demo-token-refused',
      auth: 'demo-token',
    });
    expect(server.requests).toEqual([]);
  });
});

describe('auth none', () => {
  it('lets everyone in as anonymous, and warns once at the start', async () => {
    const server = await startAgent('support');
    const document = documentOf({ agents: [agent('support')], routes: [byAgent('support')] });
    const gateway = await startTestGateway({ document, hosts: { 'support-pods:8080': [server.address] } });
    expect((await gateway.invoke({ agent: 'support', input: 'hi' })).status).toBe(200);
    expect(await logLine(gateway, 'request')).toMatchObject({ user: 'anonymous', auth: 'none' });
    expect(server.requests[0]?.user).toMatchObject({ sub: 'anonymous', roles: [] });
    expect(gateway.logs.filter(({ level }) => level === 'warn')).toMatchObject([{ event: 'auth-none' }]);
  });
});
