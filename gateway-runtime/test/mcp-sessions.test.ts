import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/server';
import { SealingKeys } from '@agentyard/runtime-kit';
import fc from 'fast-check';
import type { Caller } from '../src/auth/caller';
import { Seal } from '../src/mcp/session/seal';
import { SessionIds } from '../src/mcp/session/session-ids';
import {
  API_KEYS,
  apiKey,
  cleanUp,
  documentOf,
  eventually,
  onCleanUp,
  replaceFile,
  startServer,
  startTestGateway,
  temporaryDirectory,
  type TestGateway,
} from './fixture';
import {
  connectTo,
  got,
  serverOf,
  startForeign,
  textOf,
  type ForeignServer,
  type ServerInput,
} from './mcp-server-fixture';
import { messageOf, post } from './toolset-fixture';

afterEach(cleanUp);

const PATH = '/mcp';
const ALICE = apiKey('alice001', { user: 'alice' });
const BOB = apiKey('bob00001', { user: 'bob' });
const by = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });

const register = (server: McpServer): void => {
  server.registerTool('x', {}, () => ({ content: [{ type: 'text', text: 'x' }] }));
};

async function gatewayBefore(servers: readonly ServerInput[]): Promise<TestGateway> {
  return startTestGateway({
    document: documentOf({ auth: API_KEYS, mcpServers: [...servers] }),
    keys: { alice: ALICE.file, bob: BOB.file },
  });
}

/** Begins a session. @returns its id */
async function begin(
  gateway: TestGateway,
  headers: Readonly<Record<string, string>> = by(ALICE),
  capabilities: object = {},
): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'test', version: '1' } };
  const answer = await post(gateway, 'legacy', 'initialize', params, headers, PATH);
  expect(await messageOf(answer)).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  return answer.headers.get('mcp-session-id') ?? '';
}

const call = (gateway: TestGateway, session: string, headers = by(ALICE), at = PATH) =>
  post(gateway, 'legacy', 'tools/call', { name: 'x', arguments: {} }, { ...headers, 'mcp-session-id': session }, at);

const statusOf = async (...request: Parameters<typeof call>): Promise<number> => (await call(...request)).status;

const end = (gateway: TestGateway, session: string) =>
  fetch(`${gateway.url}${PATH}`, { method: 'DELETE', headers: { ...by(ALICE), 'mcp-session-id': session } });

/** Signing keys of a gateway, each usable from a time. */
function signingKeysOf(...keys: { readonly jwk: ReturnType<typeof newKey>; readonly usableFrom: string }[]) {
  const written = keys.map(({ jwk: { x = '', d = '' }, usableFrom }) => ({ kid: x, x, d, usableFrom }));
  return JSON.stringify({ kind: 'SigningKeys', version: 1, keys: written });
}

const newKey = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });

const writeKeys = (directory: string, text: string) =>
  replaceFile(path.join(directory, 'signing-keys', 'signing-keys.json'), text);

it.each(['legacy', 'modern'] as const)(
  'a %s server gets no request for a caller who may use nothing of it, not even to listen to it',
  async (era) => {
    const server = await startForeign('one', era, register);
    const nothing = { otherTools: ['somebody'], resources: ['somebody'], prompts: ['somebody'] };
    const gateway = await gatewayBefore([serverOf('one', server.url, nothing)]);
    const session = await begin(gateway);
    const left = new AbortController();
    const headers = { ...by(ALICE), accept: 'text/event-stream', 'mcp-session-id': session };
    const stream = await fetch(`${gateway.url}${PATH}`, { headers, signal: left.signal });
    expect(stream.status).toBe(200);
    await post(gateway, 'legacy', 'tools/list', {}, { ...by(ALICE), 'mcp-session-id': session }, PATH);
    await sleep(200);
    left.abort();
    expect(server.requests).toEqual([]);
  },
);

describe('a session', () => {
  let server: ForeignServer;
  let gateway: TestGateway;

  beforeEach(async () => {
    server = await startForeign('a', 'legacy', register);
    gateway = await gatewayBefore([serverOf('a', server.url)]);
  });

  it('has an id of visible ASCII that says nothing to others, and is of one user and one path', async () => {
    const session = await begin(gateway);
    expect(session).toMatch(/^[\x21-\x7e]{1,4096}$/);
    expect(Buffer.from(session, 'base64url').includes('127.0.0.1')).toBe(false);
    expect(await statusOf(gateway, session)).toBe(200);
    expect(await statusOf(gateway, session, by(BOB))).toBe(404);
    expect(await statusOf(gateway, session, by(ALICE), '/mcp/a')).toBe(404);
    expect(await statusOf(gateway, `${session.slice(0, -1)}${session.endsWith('A') ? 'B' : 'A'}`)).toBe(404);
    expect(await statusOf(gateway, 'x'.repeat(6_000))).toBe(404);
    expect(got(server, 'tools/call')).toHaveLength(1);
    expect(
      gateway.logs.filter(({ event, reason }) => event === 'decision' && reason === 'session-unknown'),
    ).toHaveLength(4);
  });

  it('ends with DELETE, here and at its servers', async () => {
    const session = await begin(gateway);
    const other = await begin(gateway);
    expect((await end(gateway, session)).status).toBe(204);
    expect(await statusOf(gateway, session)).toBe(404);
    expect((await end(gateway, session)).status).toBe(404);
    expect(await statusOf(gateway, other)).toBe(200);
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });

  it('is 404 when its server does not know its own any more, so that the client begins anew', async () => {
    const session = await begin(gateway);
    await server.forget();
    expect(await statusOf(gateway, session)).toBe(404);
    expect(await statusOf(gateway, await begin(gateway))).toBe(200);
    // A client without a session does not see it.
    const alone = await post(gateway, 'legacy', 'tools/call', { name: 'x' }, by(ALICE));
    await server.forget();
    expect(textOf((await messageOf(alone)).result)).toBe('x');
    const again = await post(gateway, 'legacy', 'tools/call', { name: 'x' }, by(ALICE));
    expect(textOf((await messageOf(again)).result)).toBe('x');
  });

  it('is not taken to another server of the same name', async () => {
    const session = await begin(gateway);
    const other = await startForeign('a', 'legacy', register);
    await gateway.writeDocument(documentOf({ auth: API_KEYS, mcpServers: [serverOf('a', other.url)] }));
    await eventually(() => gateway.logs.find(({ event }) => event === 'reloaded'));
    expect(await statusOf(gateway, session)).toBe(404);
    expect(other.requests).toEqual([]);
    expect(got(server, 'tools/call')).toEqual([]);
  });

  it('goes on in a gateway that has started again with the same keys', async () => {
    const session = await begin(gateway);
    await gateway.close();
    const next = await gatewayBefore([serverOf('a', server.url)]);
    expect(await statusOf(next, session)).toBe(200);
    expect(await statusOf(next, session, by(BOB))).toBe(404);
  });

  it('outlives the renewal of keys, until its own key is gone', async () => {
    const [first, second] = [newKey(), newKey()];
    const past = '2020-01-01T00:00:00Z';
    const old = await begin(gateway);
    await writeKeys(gateway.directory, signingKeysOf({ jwk: first, usableFrom: past }));
    const keysOf = (...keys: Parameters<typeof signingKeysOf>) => writeKeys(gateway.directory, signingKeysOf(...keys));
    const keyIdOf = (session: string) => Buffer.from(session, 'base64url').subarray(0, 4).toString('hex');
    while (keyIdOf(await begin(gateway)) === keyIdOf(old)) await sleep(20);
    const session = await begin(gateway);
    // The next key is known before it seals.
    await keysOf({ jwk: first, usableFrom: past }, { jwk: second, usableFrom: '2999-01-01T00:00:00Z' });
    expect(keyIdOf(await begin(gateway))).toBe(keyIdOf(session));
    await keysOf({ jwk: first, usableFrom: past }, { jwk: second, usableFrom: '2021-01-01T00:00:00Z' });
    while (keyIdOf(await begin(gateway)) === keyIdOf(session)) await sleep(20);
    expect(await statusOf(gateway, session)).toBe(200);
    const unused = await begin(gateway);
    await keysOf({ jwk: newKey(), usableFrom: past });
    while ((await statusOf(gateway, unused)) !== 404) await sleep(20);
  });

  it('refuses capabilities that no id has room for', async () => {
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: { experimental: { x: { y: 'z'.repeat(5_000) } } },
      clientInfo: { name: 'test', version: '1' },
    };
    const { error } = await messageOf(await post(gateway, 'legacy', 'initialize', params, by(ALICE)));
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining('capabilities') });
    await eventually(() => server.requests.find(({ method }) => method === 'DELETE'));
  });
});

it('a server with a long session id costs no other server its session', async () => {
  const long = await startServer((_request, response, body) => {
    const { id, method } = JSON.parse(body || '{}') as { id?: number; method?: string };
    if (method !== 'initialize') return void response.writeHead(id === undefined ? 202 : 400).end();
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'l'.repeat(3_500) });
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'long', version: '1' } };
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
  const server = await startForeign('a', 'legacy', register);
  const gateway = await gatewayBefore([serverOf('long', `http://${long.address}/mcp`), serverOf('a', server.url)]);
  const session = await begin(gateway);
  expect(session.length).toBeLessThanOrEqual(4_096);
  expect(await statusOf(gateway, session)).toBe(200);
  const [initialized] = got(server, 'notifications/initialized');
  const used = got(server, 'tools/call')[0]?.headers['mcp-session-id'];
  expect(initialized).toBeDefined();
  expect(got(server, 'notifications/initialized').map(({ headers }) => headers['mcp-session-id'])).toContain(used);
});

it('the official client begins anew after its session is gone', async () => {
  const server = await startForeign('a', 'legacy', register);
  const gateway = await gatewayBefore([serverOf('a', server.url)]);
  const { client, transport } = await connectTo(gateway.url, { era: 'legacy', headers: by(ALICE) });
  const before = transport.sessionId ?? '';
  await transport.terminateSession();
  expect(await statusOf(gateway, before)).toBe(404);
  const next = await connectTo(gateway.url, { era: 'legacy', headers: by(ALICE) });
  expect(textOf(await next.client.callTool({ name: 'x', arguments: {} }))).toBe('x');
  await client.close();
});

describe('what is sealed', () => {
  const caller: Caller = { user: 'alice', roles: new Set(), by: 'api-key', keyId: 'k' };

  async function seal(): Promise<Seal> {
    const directory = await temporaryDirectory();
    await replaceFile(
      path.join(directory, 'signing-keys.json'),
      signingKeysOf({ jwk: newKey(), usableFrom: '2020-01-01T00:00:00Z' }),
    );
    const log = { warn: () => undefined, error: () => undefined, info: () => undefined } as never;
    const keys = await SealingKeys.open(directory, { log, pollMs: 1_000_000 });
    onCleanUp(() => keys.close());
    return new Seal(keys);
  }

  it('opens as it was, and for what it is bound to alone', async () => {
    const sealed = await seal();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (text, bound, other) => {
        const closed = sealed.close(text, bound);
        expect(closed).toMatch(/^[\x21-\x7e]+$/);
        expect(sealed.open(closed, bound)).toBe(text);
        if (other !== bound) expect(sealed.open(closed, other)).toBeUndefined();
      }),
    );
  });

  it('does not open with any byte changed, cut off or put on', async () => {
    const sealed = await seal();
    const bytes = Buffer.from(sealed.close('{"a":1}', 'bound'), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(sealed.open(changed.toString('base64url'), 'bound')).toBeUndefined();
      expect(sealed.open(bytes.subarray(0, at).toString('base64url'), 'bound')).toBeUndefined();
    }
    expect(sealed.open(Buffer.concat([bytes, Buffer.from([0])]).toString('base64url'), 'bound')).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => expect(sealed.open(text, 'bound')).toBeUndefined()));
  });

  it.each(['', '1', '12', '123'])('does not open in another spelling of the same bytes: %j', async (text) => {
    const sealed = await seal();
    const closed = sealed.close(text, 'bound');
    const bytes = Buffer.from(closed, 'base64url');
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((last) => closed.slice(0, -1) + last)
      .concat(`${closed}=`, `${closed}A`, closed.replaceAll('-', '+').replaceAll('_', '/'))
      .filter((other) => other !== closed && Buffer.from(other, 'base64url').equals(bytes));
    expect(sealed.open(closed, 'bound')).toBe(text);
    for (const other of spellings) expect(sealed.open(other, 'bound')).toBeUndefined();
  });

  it('is a session again, as far as it fits', async () => {
    const ids = new SessionIds(await seal());
    const text = fc.string({ minLength: 1, maxLength: 200 });
    const held = fc.dictionary(
      fc.oneof(fc.stringMatching(/^[a-z]{1,20}$/), fc.constant('constructor')),
      fc.record({ origin: fc.webUrl(), id: text, revision: fc.constant('2025-11-25') }),
      { maxKeys: 40 },
    );
    fc.assert(
      fc.property(held, text, (sessions, key) => {
        const session = {
          key,
          revision: '2025-11-25',
          capabilities: { sampling: {} },
          home: 'http://10.0.0.1:1',
          held: sessions,
          since: Math.floor(Date.now() / 1000),
        };
        const made = ids.idOf(session, caller, '/mcp');
        expect(made.id.length).toBeLessThanOrEqual(4_096);
        const opened = ids.sessionOf(made.id, caller, '/mcp');
        expect({ ...opened, held: { ...opened?.held } }).toEqual({ ...made.session, held: { ...made.session.held } });
        for (const [name, kept] of Object.entries(made.session.held)) expect(kept).toEqual(sessions[name]);
        expect(ids.sessionOf(made.id, { ...caller, user: 'bob' }, '/mcp')).toBeUndefined();
        expect(ids.sessionOf(made.id, { ...caller, by: 'demo-token' }, '/mcp')).toBeUndefined();
      }),
    );
  });

  it('is no session any more after a day', async () => {
    let now = Date.now();
    const ids = new SessionIds(await seal(), () => now);
    const since = Math.floor(now / 1000);
    const session = { key: 'k', revision: '2025-11-25', capabilities: {}, home: '', held: {}, since };
    const { id } = ids.idOf(session, caller, '/mcp');
    expect(ids.sessionOf(id, caller, '/mcp')).toMatchObject({ key: 'k' });
    now += 86_402_000;
    expect(ids.sessionOf(id, caller, '/mcp')).toBeUndefined();
  });
});
