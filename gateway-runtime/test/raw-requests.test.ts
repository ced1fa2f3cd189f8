import { connect } from 'node:net';
import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  onCleanUp,
  startAgent,
  startServer,
  startTestGateway,
  type TestGatewayOptions,
} from './fixture';
import { requestOf, sendRaw } from './raw-connection';
import { startToolset, toolset } from './toolset-fixture';

afterEach(cleanUp);

/** A gateway before an agent and a toolset that nothing wrong may reach. */
async function startDoor({ document, ...more }: Partial<TestGatewayOptions> = {}) {
  const [server, tools] = [await startAgent('support'), await startToolset('logs')];
  const gateway = await startTestGateway({
    document: documentOf({
      maxBodyBytes: 100_000,
      intake: { jsonDepth: 16, jsonMembers: 100 },
      agents: [agent('support')],
      routes: [byAgent('support')],
      toolsets: [toolset('logs', ['echo'])],
      ...document,
    }),
    hosts: { 'support-pods:8080': [server.address], 'logs-pods:8080': [tools.address] },
    ...more,
  });
  const passedOn = () => [...server.requests, ...tools.requests];
  return { gateway, server, tools, passedOn };
}

const HOST = 'host: localhost';
const JSON_TYPE = 'content-type: application/json';
const INVOKE = '{"agent":"support","input":"hi"}';
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const PATHS: readonly (readonly [path: string, body: string])[] = [
  ['/v1/invoke', INVOKE],
  ['/mcp', PING],
];

const lengthOf = (body: string | Buffer) => `content-length: ${Buffer.byteLength(body)}`;
const chunked = (body: string, extension = '') => `${body.length.toString(16)}${extension}\r\n${body}\r\n0\r\n\r\n`;

/** Requests that two servers in a row may read differently, or that are no HTTP/1.1: status and code of each. */
const AMBIGUOUS: readonly (readonly [string, (path: string, body: string) => Buffer, number, string])[] = [
  [
    'two lengths: content-length and chunks',
    (path, body) =>
      requestOf(path, [HOST, JSON_TYPE, 'content-length: 4', 'transfer-encoding: chunked'], chunked(body)),
    400,
    'request-broken',
  ],
  [
    'chunks and content-length',
    (path, body) => requestOf(path, [HOST, JSON_TYPE, 'transfer-encoding: chunked', lengthOf(body)], chunked(body)),
    400,
    'request-broken',
  ],
  [
    'a length twice',
    (path, body) => requestOf(path, [HOST, lengthOf(body), lengthOf(body)], body),
    400,
    'request-broken',
  ],
  ['a list of lengths', (path, body) => requestOf(path, [HOST, `content-length: 5, 5`], body), 400, 'request-broken'],
  ['a signed length', (path, body) => requestOf(path, [HOST, 'content-length: +32'], body), 400, 'request-broken'],
  [
    'an endless length',
    (path, body) => requestOf(path, [HOST, `content-length: ${'9'.repeat(30)}`], body),
    400,
    'request-broken',
  ],
  [
    'a folded header',
    (path, body) => requestOf(path, [HOST, 'x-a: b\r\n c', lengthOf(body)], body),
    400,
    'request-broken',
  ],
  [
    'a space before the colon',
    (path, body) => requestOf(path, [HOST, 'transfer-encoding : chunked'], chunked(body)),
    400,
    'request-broken',
  ],
  [
    'bare line feeds',
    (path, body) => Buffer.from(`POST ${path} HTTP/1.1\n${HOST}\n${lengthOf(body)}\n\n${body}`),
    400,
    'request-broken',
  ],
  [
    'a bare carriage return',
    (path, body) => requestOf(path, [`${HOST}\rx-a: b`, lengthOf(body)], body),
    400,
    'request-broken',
  ],
  [
    'a NUL in a header',
    (path, body) => requestOf(path, [HOST, 'x-a: b\0c', lengthOf(body)], body),
    400,
    'request-broken',
  ],
  [
    'another coding before chunks',
    (path, body) => requestOf(path, [HOST, 'transfer-encoding: gzip, chunked'], chunked(body)),
    400,
    'request-ambiguous',
  ],
  [
    'chunks twice',
    (path, body) => requestOf(path, [HOST, 'transfer-encoding: chunked, chunked'], chunked(body)),
    400,
    'request-broken',
  ],
  [
    'a coding that is no chunks',
    (path, body) => requestOf(path, [HOST, 'transfer-encoding: identity'], body),
    400,
    'request-ambiguous',
  ],
  [
    'chunks that end by line feeds',
    (path, body) =>
      requestOf(path, [HOST, JSON_TYPE, 'transfer-encoding: chunked'], chunked(body).replaceAll('\r\n', '\n')),
    400,
    'request-broken',
  ],
  [
    'an endless chunk',
    (path, body) => requestOf(path, [HOST, JSON_TYPE, 'transfer-encoding: chunked'], `${'f'.repeat(20)}\r\n${body}`),
    400,
    'request-broken',
  ],
  [
    'a chunk of no length',
    (path, body) => requestOf(path, [HOST, JSON_TYPE, 'transfer-encoding: chunked'], `0x20\r\n${body}`),
    400,
    'request-broken',
  ],
  [
    'a length behind the chunks',
    (path, body) =>
      requestOf(
        path,
        [HOST, JSON_TYPE, 'transfer-encoding: chunked'],
        chunked(body).replace(/\r\n\r\n$/, '\r\ncontent-length: 5\r\n\r\n'),
      ),
    400,
    'request-broken',
  ],
  [
    'extensions of chunks without end',
    (path, body) =>
      requestOf(path, [HOST, JSON_TYPE, 'transfer-encoding: chunked'], chunked(body, `;a=${'b'.repeat(20_000)}`)),
    413,
    'request-too-large',
  ],
  [
    'HTTP/1.0 in chunks',
    (path, body) => requestOf(path, [HOST, 'transfer-encoding: chunked'], chunked(body), '1.0'),
    400,
    'request-ambiguous',
  ],
  ['HTTP/0.9', (path) => Buffer.from(`GET ${path}\r\n\r\n`), 400, 'request-ambiguous'],
  ['HTTP/2.0', (path, body) => requestOf(path, [HOST, lengthOf(body)], body, '2.0'), 400, 'request-ambiguous'],
  ['no host', (path, body) => requestOf(path, [lengthOf(body)], body), 400, 'request-ambiguous'],
  ['no host, by HTTP/1.0', (path, body) => requestOf(path, [lengthOf(body)], body, '1.0'), 421, 'host-refused'],
  [
    'two hosts',
    (path, body) => requestOf(path, [HOST, 'Host: localhost', lengthOf(body)], body),
    400,
    'request-ambiguous',
  ],
  [
    'two credentials',
    (path, body) => requestOf(path, [HOST, 'authorization: Bearer a', 'Authorization: Bearer b', lengthOf(body)], body),
    400,
    'request-ambiguous',
  ],
  [
    'a target of another host',
    (path, body) => requestOf(`http://other.example${path}`, [HOST, lengthOf(body)], body),
    400,
    'request-ambiguous',
  ],
  [
    'a host that is none',
    (path, body) => requestOf(path, ['host: localhost/@x', lengthOf(body)], body),
    421,
    'host-refused',
  ],
  [
    'a space in the target',
    (path, body) => requestOf(`${path} x`, [HOST, lengthOf(body)], body),
    400,
    'request-broken',
  ],
  [
    'a target that is too long',
    (path, body) => requestOf(`${path}?${'a'.repeat(9_000)}`, [HOST, lengthOf(body)], body),
    414,
    'url-too-long',
  ],
  [
    'headers that are too large',
    (path, body) => requestOf(path, [HOST, `x-a: ${'b'.repeat(40_000)}`, lengthOf(body)], body),
    431,
    'headers-too-large',
  ],
  [
    'too many headers',
    (path, body) => requestOf(path, [HOST, ...Array<string>(130).fill('x-a: b'), lengthOf(body)], body),
    431,
    'headers-too-large',
  ],
  [
    'an unknown method',
    (path, body) =>
      Buffer.from(
        requestOf(path, [HOST, lengthOf(body)], body)
          .toString()
          .replace('POST', 'BREW'),
      ),
    400,
    'request-broken',
  ],
];

describe.each(PATHS)('raw requests to %s', (path, body) => {
  it.each(AMBIGUOUS)('%s: refused', async (_case, build, status, code) => {
    const { gateway, passedOn } = await startDoor();
    const answer = await sendRaw(gateway.url, build(path, body));
    expect([answer.status, answer.json]).toMatchObject([status, { code, status }]);
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(passedOn()).toEqual([]);
    expect((await sendRaw(gateway.url, requestOf(path, [HOST, JSON_TYPE, lengthOf(body)], body))).status).toBe(200);
  });

  it.each([
    ['chunks', [HOST, JSON_TYPE, 'transfer-encoding: chunked'], chunked(body), '1.1'],
    [
      'chunks with extensions, which mean nothing',
      [HOST, JSON_TYPE, 'transfer-encoding: Chunked'],
      chunked(body, ';a=b'),
      '1.1',
    ],
    ['a target in absolute form', ['host: LOCALHOST', JSON_TYPE, lengthOf(body)], body, '1.1'],
    ['HTTP/1.0 with a host', [HOST, JSON_TYPE, lengthOf(body)], body, '1.0'],
  ])('%s: answered', async (name, headers, text, version) => {
    const { gateway } = await startDoor();
    const target = name.startsWith('a target') ? `http://localhost${path}` : path;
    expect((await sendRaw(gateway.url, requestOf(target, headers, text, version))).status).toBe(200);
  });

  it('CONNECT: the connection is closed', async () => {
    const { gateway } = await startDoor();
    expect((await sendRaw(gateway.url, `CONNECT localhost:1 HTTP/1.1\r\n${HOST}\r\n\r\n`)).text).toBe('');
  });

  it('an upgrade is not made', async () => {
    const { gateway } = await startDoor();
    const headers = [HOST, JSON_TYPE, 'connection: upgrade', 'upgrade: websocket', lengthOf(body)];
    expect((await sendRaw(gateway.url, requestOf(path, headers, body))).status).toBe(200);
  });

  it('half a body, and no more: no answer, nothing passed on, and no fault of ours', async () => {
    const { gateway, passedOn } = await startDoor();
    const half = requestOf(path, [HOST, JSON_TYPE, 'content-length: 100'], body.slice(0, 10));
    expect((await sendRaw(gateway.url, half, true)).text).toBe('');
    expect(await eventually(() => gateway.logs.find(({ event }) => event === 'request'))).toMatchObject({
      aborted: true,
    });
    expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
    expect(passedOn()).toEqual([]);
  });

  it('a body that does not come in time: 408', async () => {
    const { gateway } = await startDoor({ http: { headersMs: 100, requestMs: 200 } });
    const half = requestOf(path, [HOST, JSON_TYPE, 'content-length: 100'], body.slice(0, 10));
    const answer = await sendRaw(gateway.url, half);
    expect([answer.status, answer.json]).toMatchObject([408, { code: 'request-timeout' }]);
  });

  it('headers that come byte by byte: 408', async () => {
    const { gateway } = await startDoor({ http: { headersMs: 200, requestMs: 1_000 } });
    const { port } = new URL(gateway.url);
    // It is written first, also where the connection takes longer than the interval.
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`POST ${path} HTTP/1.1\r\n`);
    const timer = setInterval(() => socket.write('x-a: b\r\n'), 20);
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    clearInterval(timer);
    socket.destroy();
    expect(answer).toContain('408');
    expect(answer).toContain('"code":"request-timeout"');
  });
});

/** Bodies that are wrong in themselves: what `/v1/invoke` and `/mcp` answer. */
const BODIES: readonly (readonly [string, string | Buffer, string, number])[] = [
  ['nothing', '', 'request-malformed', -32700],
  ['half of it', '{"agent":', 'request-malformed', -32700],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'request-malformed', -32700],
  ['half of a surrogate pair as bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'request-malformed', -32700],
  ['a number that is none', '{"a":NaN}', 'request-malformed', -32700],
  ['two values', '{} {}', 'request-malformed', -32700],
  ['null', 'null', 'request-invalid', -32600],
  ['a text', '"hi"', 'request-invalid', -32600],
  ['arrays within each other', '['.repeat(40_000), 'json-excessive', -32600],
  ['objects within each other', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 'json-excessive', -32600],
  ['too many members', JSON.stringify(Array<number>(101).fill(1)), 'json-excessive', -32600],
];

describe('bodies', () => {
  it.each(BODIES)('%s', async (_case, body, code, rpcCode) => {
    const { gateway, passedOn } = await startDoor();
    const headers = [HOST, JSON_TYPE, lengthOf(body)];
    const invoked = await sendRaw(gateway.url, requestOf('/v1/invoke', headers, body));
    expect([invoked.status, invoked.json]).toMatchObject([400, { code }]);
    const called = await sendRaw(gateway.url, requestOf('/mcp', headers, body));
    expect([called.status, called.json]).toMatchObject([400, { jsonrpc: '2.0', error: { code: rpcCode } }]);
    expect(passedOn()).toEqual([]);
  });

  it.each(['1e999', '12345678901234567890', '1.5', 'null', 'true', '{}', '[1]'])(
    'an id %s is none: -32600',
    async (id) => {
      const { gateway } = await startDoor();
      const body = `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;
      const answer = await sendRaw(gateway.url, requestOf('/mcp', [HOST, JSON_TYPE, lengthOf(body)], body));
      expect([answer.status, answer.json]).toMatchObject([400, { id: null, error: { code: -32600 } }]);
    },
  );

  it.each(['__proto__', 'constructor', 'prototype'])('"%s" changes nothing', async (key) => {
    const { gateway } = await startDoor();
    const poison = `"${key}":{"polluted":true,"input":"other","name":"other","prototype":{"polluted":true}}`;
    const invoke = `{"agent":"support","input":"hi",${poison}}`;
    const refused = await sendRaw(gateway.url, requestOf('/v1/invoke', [HOST, JSON_TYPE, lengthOf(invoke)], invoke));
    expect([refused.status, refused.json]).toMatchObject([400, { code: 'request-invalid' }]);
    const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call",${poison},"params":{"name":"echo",${poison},"arguments":{"text":"hi",${poison}}}}`;
    const called = await sendRaw(gateway.url, requestOf('/mcp', [HOST, JSON_TYPE, lengthOf(call)], call));
    expect(called.json).toMatchObject({ id: 1, result: { content: [{ type: 'text', text: 'logs: hi' }] } });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
    const after = await sendRaw(gateway.url, requestOf('/v1/invoke', [HOST, JSON_TYPE, lengthOf(INVOKE)], INVOKE));
    expect(after.status).toBe(200);
  });
});

describe('what is logged of it', () => {
  it('the code of the problem and who sent it, and nothing of what was sent', async () => {
    const { gateway } = await startDoor();
    await sendRaw(gateway.url, requestOf('/mcp', [HOST, 'authorization : Bearer canary'], 'canary'));
    const line = await eventually(() => gateway.logs.find(({ event }) => event === 'request-refused'));
    expect(line).toMatchObject({ level: 'warn', problem: 'request-broken', client_ip: '127.0.0.1' });
    expect(JSON.stringify(gateway.logs)).not.toContain('canary');
  });
});

describe('connections', () => {
  it('with a flood of requests that wait for each other are cut, and few of them are passed on', async () => {
    const silent = await startServer(() => undefined);
    const gateway = await startTestGateway({
      document: documentOf({ agents: [agent('support')], routes: [byAgent('support')] }),
      hosts: { 'support-pods:8080': [silent.address] },
    });
    const one = requestOf('/v1/invoke', [HOST, JSON_TYPE, lengthOf(INVOKE)], INVOKE).toString();
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(one.repeat(1_000)));
    socket.on('error', () => undefined).resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(silent.requests.length).toBeLessThan(20);
  });

  it('beyond the most get 503, but probes are answered', async () => {
    const key = apiKey('alice0001');
    const { gateway } = await startDoor({
      document: documentOf({ auth: API_KEYS, intake: { connections: 2 } }),
      keys: { alice: key.file },
    });
    const { port } = new URL(gateway.url);
    const held = [1, 2].map(() => connect(Number(port), '127.0.0.1'));
    onCleanUp(() => held.forEach((socket) => socket.destroy()));
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const headers = [HOST, JSON_TYPE, `x-api-key: ${key.key}`, lengthOf(PING)];
    const refused = await sendRaw(gateway.url, requestOf('/mcp', headers, PING));
    expect([refused.status, refused.json]).toMatchObject([503, { code: 'intake-exhausted' }]);
    expect(refused.text).toMatch(/^retry-after: 1\r$/im);
    expect((await sendRaw(gateway.url, `GET /healthz HTTP/1.1\r\n${HOST}\r\n\r\n`)).status).toBe(200);
    held[0]?.destroy();
    await eventually(async () => (await sendRaw(gateway.url, requestOf('/mcp', headers, PING))).status === 200);
  });
});
