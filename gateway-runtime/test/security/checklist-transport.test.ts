import { connect as connectTcp } from 'node:net';
import { fromJsonSchema } from '@modelcontextprotocol/server';
import { cleanUp, eventually, onCleanUp } from '../fixture';
import { connectTo, serverOf, startForeign, textOf } from '../mcp-server-fixture';
import { requestOf, sendRaw } from '../raw-connection';
import { messageOf, post } from '../toolset-fixture';
import { ALICE, APP_ORIGIN, BOB, by, startPlatform, type Platform } from './platform';

/** Arguments that a client repeats in headers. */
const MIRRORED = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    floor: { type: 'integer', 'x-mcp-header': 'Floor' },
    exact: { type: 'boolean', 'x-mcp-header': 'Exact' },
  },
};

let platform: Platform;

beforeAll(async () => {
  const atlas = await startForeign('atlas', 'legacy', (server) => {
    server.registerTool('locate', { inputSchema: fromJsonSchema(MIRRORED) }, () => ({ content: [] }));
  });
  platform = await startPlatform({ document: () => ({ mcpServers: [serverOf('atlas', atlas.url)] }) });
});

afterAll(cleanUp);

const call = (name: string, text = 'hi') => ({ name, arguments: { text } });
const MODERN = '2026-07-28';

/** Sends a modern request of somebody, with headers that are other than they should be; `null` leaves one out. */
async function modern(method: string, params: object, headers: Readonly<Record<string, string | null>> = {}) {
  const { gateway } = platform;
  const name = (params as { name?: string; uri?: string }).name;
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const sent = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(name !== undefined && { 'mcp-name': name }),
    ...by(ALICE),
    ...headers,
  };
  return fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null)) as Record<string, string>,
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { _meta, ...params } }),
  });
}

const refused = async (answer: Response) => [answer.status, await messageOf(answer)];

describe('security checklist, transport', () => {
  it.each(['https://evil.example', 'null', 'https://app.example.com.evil.example', 'http://app.example.com'])(
    '1. an invalid Origin gets 403, whatever it shows: %s',
    async (origin) => {
      const { gateway, wires } = platform;
      const before = wires.tools.sent().length;
      const headers = { origin, ...by(ALICE) };
      for (const answer of [
        await modern('tools/call', call('echo'), { origin }),
        await fetch(`${gateway.url}/mcp`, { headers }),
        await fetch(`${gateway.url}/v1/invoke`, { method: 'POST', headers, body: '{}' }),
      ]) {
        expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'origin-refused' }]);
      }
      expect(wires.tools.sent()).toHaveLength(before);
    },
  );

  it('1. a declared Origin is let in', async () => {
    expect((await modern('tools/call', call('echo'), { origin: APP_ORIGIN })).status).toBe(200);
  });

  it('2. a local gateway listens on one address of loopback, and not on all', async () => {
    const port = Number(new URL(platform.gateway.url).port);
    const reached = (host: string) =>
      new Promise((resolve) => {
        const socket = connectTcp(port, host, () => resolve(socket.destroy() && true));
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      });
    // All of 127.0.0.0/8 is the machine itself: what listens on 0.0.0.0 answers there, too.
    expect([await reached('127.0.0.1'), await reached('127.0.0.2')]).toEqual([true, 'ECONNREFUSED']);
  });

  it('2. each request of a connection is authenticated, and not the connection', async () => {
    const { gateway } = platform;
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const headers = ['host: localhost', 'content-type: application/json', `content-length: ${ping.length}`];
    const first = requestOf('/mcp', [...headers, `x-api-key: ${ALICE.key}`], ping);
    const second = requestOf('/mcp', [...headers, 'connection: close'], ping);
    const socket = connectTcp(Number(new URL(gateway.url).port), '127.0.0.1');
    onCleanUp(() => void socket.destroy());
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    socket.write(first);
    await eventually(() => text.includes('"result"'));
    socket.write(second);
    await eventually(() => text.includes('auth-missing'));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401']);
  });

  it.each<[string, Readonly<Record<string, string | null>>]>([
    ['no MCP-Protocol-Version', { 'mcp-protocol-version': null }],
    ['another MCP-Protocol-Version', { 'mcp-protocol-version': '2025-11-25' }],
    ['no Mcp-Method', { 'mcp-method': null }],
    ['another Mcp-Method', { 'mcp-method': 'tools/list' }],
    ['an Mcp-Method in other letters', { 'mcp-method': 'Tools/Call' }],
    ['no Mcp-Name', { 'mcp-name': null }],
    ['another Mcp-Name', { 'mcp-name': 'fail' }],
    ['another Mcp-Name in Base64', { 'mcp-name': `=?base64?${Buffer.from('fail').toString('base64')}?=` }],
    ['an Mcp-Name that is no Base64', { 'mcp-name': '=?base64?ZWNobw?=' }],
    ['an Mcp-Name of bytes that are no UTF-8', { 'mcp-name': '=?base64?/w==?=' }],
    ['an Mcp-Name that needs Base64', { 'mcp-name': 'ech\u00f6' }],
    ['an Mcp-Name twice', { 'mcp-name': 'echo, echo' }],
  ])('3. %s is 400 with -32020, and nothing is called', async (_case, headers) => {
    const before = platform.tools.requests.length;
    expect(await refused(await modern('tools/call', call('echo'), headers))).toMatchObject([
      400,
      { jsonrpc: '2.0', id: 7, error: { code: -32020 } },
    ]);
    expect(platform.tools.requests).toHaveLength(before);
  });

  it('3. a name that needs Base64 is refused without it, also where it is the same', async () => {
    expect(await refused(await modern('tools/call', { name: '\u00e9' }))).toMatchObject([
      400,
      { error: { code: -32020 } },
    ]);
    const encoded = { 'mcp-name': `=?base64?${Buffer.from('\u00e9').toString('base64')}?=` };
    expect(await messageOf(await modern('tools/call', { name: '\u00e9' }, encoded))).toMatchObject({
      error: { code: -32602 },
    });
  });

  it('3. an Mcp-Name in Base64 is decoded before it is compared', async () => {
    const named = { 'mcp-name': `=?base64?${Buffer.from('echo').toString('base64')}?=` };
    expect(await messageOf(await modern('tools/call', call('echo'), named))).toMatchObject({
      result: { content: [{ text: 'logs: hi' }] },
    });
  });

  it.each<[string, object, Readonly<Record<string, string>>, number]>([
    ['no Mcp-Param', { region: 'eu' }, {}, 400],
    ['another Mcp-Param', { region: 'eu' }, { 'mcp-param-region': 'us' }, 400],
    ['an Mcp-Param of an argument that is not there', {}, { 'mcp-param-region': 'us' }, 400],
    ['an Mcp-Param of null', { region: null }, { 'mcp-param-region': 'null' }, 400],
    ['an Mcp-Param that is no Base64', { region: 'eu' }, { 'mcp-param-region': '=?base64?%?=' }, 400],
    ['the same Mcp-Param', { region: 'eu' }, { 'mcp-param-region': 'eu' }, 200],
    ['the same Mcp-Param in Base64', { region: '=é=' }, { 'mcp-param-region': '=?base64?PcOpPQ==?=' }, 200],
    ['no Mcp-Param of null', { region: null }, {}, 200],
    ['no Mcp-Param of a number', { floor: 42 }, {}, 400],
    ['another number', { floor: 42 }, { 'mcp-param-floor': '43' }, 400],
    ['a number in another way', { floor: 42 }, { 'mcp-param-floor': '42.0' }, 200],
    ['a number that is none', { floor: 0 }, { 'mcp-param-floor': '0x0' }, 400],
    ['nothing for a number', { floor: 0 }, { 'mcp-param-floor': '' }, 400],
    ['the same truth', { exact: true }, { 'mcp-param-exact': 'true' }, 200],
    ['the truth in other letters', { exact: true }, { 'mcp-param-exact': 'True' }, 400],
  ])('3. for a server of the other era: %s', async (_case, args, headers, status) => {
    const answer = await modern('tools/call', { name: 'locate', arguments: args }, headers);
    expect(answer.status).toBe(status);
    if (status === 400) expect(await messageOf(answer)).toMatchObject({ id: 7, error: { code: -32020 } });
  });

  it.each(['2025-11-25', '2025-03-26', null])(
    '4. mirrored headers decide nothing where the revision is old or absent: %s',
    async (revision) => {
      const { gateway, tools } = platform;
      const before = tools.requests.length;
      const send = (body: string, named: string) => {
        const headers = {
          ...by(BOB),
          'mcp-method': 'tools/list',
          'mcp-name': named,
          ...(revision !== null && { 'mcp-protocol-version': revision }),
        };
        return post(gateway, 'legacy', 'tools/call', call(body), headers);
      };
      // Bob may call echo alone: what he names in a header neither opens fail nor closes echo.
      expect(await messageOf(await send('fail', 'echo'))).toMatchObject({ error: { code: -32602 } });
      expect(tools.requests).toHaveLength(before);
      expect(await messageOf(await send('echo', 'fail'))).toMatchObject({
        result: { content: [{ text: 'logs: hi' }] },
      });
    },
  );

  it.each(['2026-07-29', '2030-01-01', '9999-12-31'])(
    '5. the unsupported version %s is 400 with -32022 and those that are',
    async (version) => {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': version,
        'io.modelcontextprotocol/clientCapabilities': {},
      };
      const answer = await modern('tools/list', { _meta }, { 'mcp-protocol-version': version });
      expect(await refused(answer)).toMatchObject([
        400,
        { id: 7, error: { code: -32022, data: { supported: [MODERN], requested: version } } },
      ]);
    },
  );

  it.each(['tools/destroy', 'initialize/', '__proto__', 'ping', 'resources/subscribe'])(
    '5. the unknown method %s is 404 with -32601',
    async (method) => {
      expect(await refused(await modern(method, {}))).toMatchObject([404, { id: 7, error: { code: -32601 } }]);
    },
  );

  it('5. an accepted notification is 202 without a body', async () => {
    const answer = await fetch(`${platform.gateway.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'mcp-protocol-version': MODERN, ...by(ALICE) },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
    });
    expect([answer.status, await answer.text()]).toEqual([202, '']);
  });

  it.each(['modern', 'legacy'] as const)(
    '6. a client that closes its stream has cancelled the call, and is sent no more (%s)',
    async (era) => {
      const { gateway, tools } = platform;
      const before = tools.cancelled();
      const leaving = new AbortController();
      const { client } = await connectTo(gateway.url, { era, headers: by(ALICE) });
      const calls = () => tools.requests.filter(({ headers }) => headers['mcp-name'] === 'slow').length;
      const known = calls();
      const waiting = client.callTool(call('slow'), { signal: leaving.signal }).catch(() => undefined);
      await eventually(() => calls() > known);
      leaving.abort();
      await waiting;
      await eventually(() => tools.cancelled() === before + 1);
    },
  );

  it.each(['GET', 'DELETE', 'PUT', 'PATCH'])('7. %s is 405 in the modern era', async (method) => {
    for (const headers of [
      { 'mcp-protocol-version': MODERN },
      { 'mcp-protocol-version': MODERN, 'mcp-session-id': 'x' },
    ]) {
      const answer = await fetch(`${platform.gateway.url}/mcp`, { method, headers: { ...by(ALICE), ...headers } });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it('7. a stream is not to be buffered: X-Accel-Buffering', async () => {
    const answer = await modern('tools/call', call('echo'), { accept: 'text/event-stream' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(await messageOf(answer)).toMatchObject({ id: 7, result: { content: [{ text: 'logs: hi' }] } });
  });

  it('8. session ids are of visible ASCII, and nobody guesses one', async () => {
    const { gateway } = platform;
    const ids = new Set<string>();
    for (let i = 0; i < 20; i += 1) {
      const { transport } = await connectTo(gateway.url, { era: 'legacy', headers: by(ALICE) });
      ids.add(transport.sessionId ?? '');
    }
    expect(ids.size).toBe(20);
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{80,4096}$/);
    const [one = ''] = ids;
    // The middle of an id is cipher and proof: whatever is changed there, it is none any more.
    for (const at of [0, 8, 30, one.length - 1]) {
      const guess = `${one.slice(0, at)}${one[at] === 'A' ? 'B' : 'A'}${one.slice(at + 1)}`;
      const answer = await post(gateway, 'legacy', 'ping', {}, { ...by(ALICE), 'mcp-session-id': guess });
      expect(answer.status).toBe(404);
    }
  });

  it('8. a terminated session is 404', async () => {
    const { gateway } = platform;
    const { transport, client } = await connectTo(gateway.url, { era: 'legacy', headers: by(ALICE) });
    const id = transport.sessionId ?? '';
    expect(textOf(await client.callTool(call('echo')))).toBe('logs: hi');
    await transport.terminateSession();
    const headers = { ...by(ALICE), 'mcp-session-id': id };
    expect((await post(gateway, 'legacy', 'ping', {}, headers)).status).toBe(404);
    expect((await fetch(`${gateway.url}/mcp`, { headers: { accept: 'text/event-stream', ...headers } })).status).toBe(
      404,
    );
  });

  it.each(['1999-01-01', '2024-11-05', 'latest', ' ', '2025-11-25, 2025-11-25'])(
    '8. the version header %j is 400 in the legacy era',
    async (version) => {
      const headers = { ...by(ALICE), 'mcp-protocol-version': version };
      const answer = await post(platform.gateway, 'legacy', 'ping', {}, headers);
      expect(await refused(answer)).toMatchObject([400, { error: { code: expect.any(Number) } }]);
    },
  );
});

it('the gateway has said nothing that it should not, and runs', async () => {
  const { gateway } = platform;
  expect(gateway.isRunning()).toBe(true);
  expect(gateway.lines().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  expect(gateway.text()).not.toContain(ALICE.key.slice(-43));
  expect((await sendRaw(gateway.url, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')).status).toBe(200);
});
