import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  agent,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  startAgent,
  startTestGateway,
  type TestGateway,
} from './fixture';
import { serverOf, startForeign, textOf } from './mcp-server-fixture';
import { requestOf, sendRaw } from './raw-connection';
import { startToolset, toolset } from './toolset-fixture';

const page = readFileSync(path.join(__dirname, '..', '..', 'docs', 'mcp.md'), 'utf8');
const section = page.slice(page.indexOf('## Bad input'), page.indexOf('## Limits'));
const stated = [...section.matchAll(/^\| ([a-z][^|]*?) +\|/gm)].map(([, what]) => what).slice(1);

let gateway: TestGateway;
let passedOn: () => unknown[];
const numbers: unknown[] = [];

beforeAll(async () => {
  const [support, tools] = [await startAgent('support'), await startToolset('logs')];
  const foreign = await startForeign('sums', 'legacy', (server) => {
    server.registerTool('sum', {}, (context) => {
      numbers.push(context);
      return { content: [{ type: 'text', text: 'done' }] };
    });
  });
  gateway = await startTestGateway({
    document: documentOf({
      agents: [agent('support')],
      routes: [byAgent('support')],
      toolsets: [toolset('logs', ['echo'])],
      mcpServers: [serverOf('sums', foreign.url)],
    }),
    hosts: { 'support-pods:8080': [support.address], 'logs-pods:8080': [tools.address] },
    http: { headersMs: 300, requestMs: 500 },
  });
  passedOn = () => [...support.requests, ...tools.requests, ...numbers];
});

afterAll(cleanUp);

const HEADERS = ['host: localhost', 'accept: application/json, text/event-stream'];
const JSON_TYPE = 'content-type: application/json';
const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
const MODERN = ['mcp-protocol-version: 2026-07-28', 'mcp-method: tools/call', 'mcp-name: echo'];

const post = (target: string, body: string | Buffer, headers: readonly string[] = [], type = JSON_TYPE) =>
  sendRaw(
    gateway.url,
    requestOf(target, [...HEADERS, type, ...headers, `content-length: ${Buffer.byteLength(body)}`], body),
  );

const echo = (text: string, id: unknown = 1, more = '') =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call","params":{"name":"echo",${more}${META},"arguments":{"text":"${text}"}}}`;
const legacy = (method: string, id = '1') => `{"jsonrpc":"2.0","id":${id},"method":"${method}"}`;

const rpc = async (...request: Parameters<typeof post>) => {
  const { status, json } = await post(...request);
  return [status, (json?.error as { code: number } | undefined)?.code, json?.id];
};
const problem = async (...request: Parameters<typeof post>) => {
  const { status, json } = await post(...request);
  return [status, json?.code];
};

/** What is refused is not passed on. */
async function refused(check: () => Promise<void>): Promise<void> {
  const before = passedOn().length;
  await check();
  expect(passedOn()).toHaveLength(before);
}

const CHECKS: Readonly<Record<string, () => Promise<void>>> = {
  'malformed JSON': () =>
    refused(async () => {
      for (const body of ['', '{', '{"a":}', "{'a':1}", '{"a":01}', '{} {}', '\u0000', '{"a":NaN}', '["a",]']) {
        expect(await rpc('/mcp', body)).toEqual([400, -32700, null]);
        expect(await problem('/v1/invoke', body)).toEqual([400, 'request-malformed']);
      }
    }),
  'a batch where the revision has none': () =>
    refused(async () => {
      const batch = `[${legacy('ping')}]`;
      for (const revision of ['2026-07-28', '2025-11-25', '2025-06-18']) {
        expect(await rpc('/mcp', batch, [`mcp-protocol-version: ${revision}`])).toEqual([400, -32600, null]);
      }
      expect(await rpc('/mcp', `[${echo('hi')}]`)).toEqual([400, -32600, null]);
      for (const body of ['[]', '[1]', '[[]]', `[${legacy('initialize')}]`])
        expect(await rpc('/mcp', body)).toEqual([400, -32600, null]);
      expect(await problem('/v1/invoke', '[{"agent":"support","input":"hi"}]')).toEqual([400, 'request-invalid']);
      expect((await post('/mcp', batch)).status).toBe(200);
    }),
  'another content type': () =>
    refused(async () => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jsonp',
        'x: y',
        'text/json;application/json',
      ]) {
        const line = type === 'x: y' ? type : `content-type: ${type}`;
        expect(await rpc('/mcp', legacy('ping'), [], line)).toEqual([415, -32000, null]);
        expect(await problem('/v1/invoke', '{"agent":"support","input":"hi"}', [], line)).toEqual([
          415,
          'media-type-unsupported',
        ]);
      }
      expect((await post('/mcp', legacy('ping'), [], 'content-type: Application/JSON ; charset=utf-8')).status).toBe(
        200,
      );
    }),
  'header and body that disagree': () =>
    refused(async () => {
      for (const headers of [MODERN.slice(1), MODERN.slice(0, 2), [...MODERN.slice(0, 2), 'mcp-name: other']]) {
        expect(await rpc('/mcp', echo('hi'), headers)).toEqual([400, -32020, 1]);
      }
      expect(await rpc('/mcp', legacy('initialize'), ['mcp-protocol-version: 2026-07-28'])).toEqual([400, -32020, 1]);
    }),
  'an unsupported version': () =>
    refused(async () => {
      const body = echo('hi').replace('2026-07-28', '2027-01-01');
      expect(await rpc('/mcp', body, ['mcp-protocol-version: 2027-01-01', ...MODERN.slice(1)])).toEqual([
        400, -32022, 1,
      ]);
      expect(await rpc('/mcp', legacy('ping'), ['mcp-protocol-version: 1999-01-01'])).toEqual([400, -32000, 1]);
      const { json } = await post(
        '/mcp',
        legacy('initialize').replace('}', ',"params":{"protocolVersion":"1999-01-01"}}'),
      );
      expect(json).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
    }),
  'an unknown method': () =>
    refused(async () => {
      for (const method of ['tools/destroy', '__proto__', 'toString', '']) {
        const modern = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${META}}}`;
        const headers = ['mcp-protocol-version: 2026-07-28', ...(method === '' ? [] : [`mcp-method: ${method}`])];
        expect(await rpc('/mcp', modern, headers)).toEqual(method === '' ? [400, -32020, 1] : [404, -32601, 1]);
        expect(await rpc('/mcp', legacy(method))).toEqual([200, -32601, 1]);
      }
      expect(
        (await post('/mcp', '{"jsonrpc":"2.0","method":"notifications/unknown"}', ['connection: close'])).status,
      ).toBe(202);
    }),
  'duplicate ids': async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `text-${i}`);
    const answers = await Promise.all(texts.map((text) => post('/mcp', echo(text, 7), MODERN)));
    expect(answers.map(({ json }) => [json?.id, textOf(json?.result)])).toEqual(
      texts.map((text) => [7, `logs: ${text}`]),
    );
    const { json } = await post('/mcp', `[${legacy('ping')},${legacy('ping')}]`);
    expect(json).toEqual([1, 1].map((id) => ({ jsonrpc: '2.0', id, result: {} })));
  },
  'an id of an odd type': () =>
    refused(async () => {
      for (const id of ['null', 'true', '1.5', '{}', '[]', '1e999', '9007199254740993', '-9007199254740993']) {
        expect(await rpc('/mcp', legacy('ping', id))).toEqual([400, -32600, null]);
        if (id === 'null') continue;
        const answer = `{"jsonrpc":"2.0","id":${id},"error":{"code":1,"message":"m"}}`;
        expect(await rpc('/mcp', answer)).toEqual([400, -32600, null]);
      }
      for (const id of ['""', '"a\\u0000"', '"__proto__"', '0', '-1']) {
        expect(await rpc('/mcp', legacy('ping', id))).toEqual([200, undefined, JSON.parse(id)]);
      }
    }),
  'names that every object has': async () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const poison = `"${key}":{"polluted":true,"name":"other"},`;
      const { json } = await post('/mcp', echo('hi', 1, poison), MODERN);
      expect(textOf(json?.result)).toBe('logs: hi');
      expect(await problem('/v1/invoke', `{${poison}"agent":"support","input":"hi"}`)).toEqual([
        400,
        'request-invalid',
      ]);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  },
  'an enormous number': async () => {
    const call = (number: string) =>
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sum","arguments":{"n":${number}},${META}}}`;
    for (const number of ['1e999', '12345678901234567890', `1${'0'.repeat(400)}`, '-1e-999']) {
      const { json } = await post('/mcp', call(number), [...MODERN.slice(0, 2), 'mcp-name: sum']);
      expect(textOf(json?.result)).toBe('done');
    }
    expect(await rpc('/mcp', legacy('ping', '1e999'))).toEqual([400, -32600, null]);
  },
  'invalid UTF-8': () =>
    refused(async () => {
      for (const bytes of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
        const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
        expect(await rpc('/mcp', body)).toEqual([400, -32700, null]);
        expect(await problem('/v1/invoke', body)).toEqual([400, 'request-malformed']);
      }
    }),
  'a half-sent body': () =>
    refused(async () => {
      for (const target of ['/mcp', '/v1/invoke']) {
        const half = requestOf(target, [...HEADERS, JSON_TYPE, 'content-length: 100'], '{"jsonrpc"');
        expect((await sendRaw(gateway.url, half, true)).text).toBe('');
        const waiting = await sendRaw(gateway.url, half);
        expect([waiting.status, waiting.json?.code]).toEqual([408, 'request-timeout']);
      }
      await eventually(() => gateway.logs.filter(({ aborted }) => aborted === true).length >= 2);
    }),
  'a request that two servers may read differently': () =>
    refused(async () => {
      const body = '0\r\n\r\nPOST /mcp HTTP/1.1\r\nhost: localhost\r\n\r\n';
      const lines = [
        ['content-length: 5', 'transfer-encoding: chunked'],
        ['transfer-encoding: chunked', 'transfer-encoding: identity'],
        ['transfer-encoding : chunked'],
        ['content-length: 5', 'content-length: 6'],
        ['content-length: +5'],
        ['host: other', 'content-length: 0'],
      ];
      for (const target of ['/mcp', '/v1/invoke']) {
        for (const headers of lines) {
          const { status, json, text } = await sendRaw(
            gateway.url,
            requestOf(target, [...HEADERS, JSON_TYPE, ...headers], body),
          );
          expect([status, text.match(/HTTP\/1\.1 /g)]).toEqual([400, ['HTTP/1.1 ']]);
          expect(['request-broken', 'request-ambiguous']).toContain(json?.code);
        }
      }
    }),
};

describe('bad input has its stated answer', () => {
  it.each(Object.entries(CHECKS))('%s', (_what, check) => check());

  it('and the page states them all', () => expect(stated).toEqual(Object.keys(CHECKS)));
});

it('the gateway has logged no fault of its own', () => {
  expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
});
