import { createHash } from 'node:crypto';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { AuditValues } from '../src/pipeline/audit-values';
import {
  agent,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  KEYS_MOUNT,
  startAgent,
  startServer,
  startTestGateway,
  type TestGateway,
  type TestServer,
} from './fixture';
import { messageOf, post, startToolset, toolset, type Era } from './toolset-fixture';

const VIC = apiKey('viewer001', { user: 'vic' });
const bearer = { authorization: `Bearer ${VIC.key}` };
const TRACE = '0af7651916cd43dd8448eb211c80319c';

const documentWith = (audit: GatewayDocumentInput['audit']) =>
  documentOf({
    auth: { mode: 'credentials', apiKeys: { directory: KEYS_MOUNT } },
    ...(audit !== undefined && { audit }),
    agents: [agent('support'), agent('streams')],
    routes: [byAgent('support'), byAgent('streams')],
    toolsets: [toolset('logs', ['echo']), toolset('gone', { echo: 'lost' })],
  });

afterAll(cleanUp);

describe('audit lines', () => {
  let support: TestServer;
  let logs: TestServer;
  let gateway: TestGateway;

  beforeAll(async () => {
    const streams = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('event: completed\ndata: {"type":"completed","response":{"output":"streamed"}}\n\n');
    });
    [support, logs] = await Promise.all([startAgent('support'), startToolset('logs')]);
    gateway = await startTestGateway({
      document: documentWith(undefined),
      hosts: {
        'support-pods:8080': [support.address],
        'streams-pods:8080': [streams.address],
        'logs-pods:8080': [logs.address],
        'gone-pods:8080': ['127.0.0.1:1'],
      },
      keys: { viewer: VIC.file },
    });
  });

  beforeEach(() => void (gateway.logs.length = 0));

  let requests = 0;
  let audit: GatewayDocumentInput['audit'];

  /** The lines of a request. */
  async function linesOf(id: string) {
    const own = () => gateway.logs.filter(({ requestId }) => requestId === id);
    const outcome = await eventually(() => own().find(({ event }) => event === 'request'));
    return { outcome, decision: own().find(({ event }) => event === 'decision') };
  }

  async function call(text: string, headers: object = {}, name = 'echo', era: Era = 'modern') {
    const id = `request-${(requests += 1)}`;
    const sent = { ...bearer, 'x-request-id': id, ...headers };
    const answer = await post(gateway, era, 'tools/call', { name, arguments: { text } }, sent);
    const length = (await answer.clone().arrayBuffer()).byteLength;
    return { id, message: await messageOf(answer), length, ...(await linesOf(id)) };
  }

  async function use(next: GatewayDocumentInput['audit']) {
    if (JSON.stringify(next) === JSON.stringify(audit)) return;
    audit = next;
    await gateway.writeDocument(documentWith(next));
    await eventually(() => gateway.logs.find(({ event }) => event === 'reloaded'));
  }

  it('say of a call who, for which trace, what, where, how much and how it went, and nothing of its contents', async () => {
    const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
    const { id, decision, outcome, length } = await call('my secret', { traceparent });
    const both = {
      type: 'audit',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestId: id,
      traceId: TRACE,
      client_ip: '127.0.0.1',
      user: 'vic',
      auth: 'api-key',
      keyId: 'viewer001',
      method: 'tools/call',
      toolset: 'logs',
      tool: 'echo',
      decision: 'allowed',
    };
    expect(decision).toMatchObject(both);
    expect(decision).not.toHaveProperty('upstream');
    expect(outcome).toMatchObject({
      ...both,
      status: 200,
      duration_ms: expect.any(Number),
      isError: false,
      upstream: `http://${logs.address}`,
      bytesIn: expect.any(Number),
      bytesOut: length,
    });
    expect(outcome.bytesIn).toBeGreaterThan(100);
    expect(JSON.stringify(gateway.logs)).not.toMatch(/my secret|Hash|"result"|"arguments"/);
  });

  it.each([
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    `ff-${TRACE}-b7ad6b7169203331-01`,
    `${TRACE}", "x": "y`,
  ])('have no trace by a traceparent that is none: %s', async (traceparent) => {
    expect((await call('x', { traceparent })).outcome).not.toHaveProperty('traceId');
  });

  it('tell sessions apart without their ids', async () => {
    const connected = async () => {
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
      const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), {
        requestInit: { headers: bearer },
      });
      await client.connect(transport);
      gateway.logs.length = 0;
      for (const text of ['a', 'b']) await client.callTool({ name: 'echo', arguments: { text } });
      const found = await eventually(() => {
        const calls = gateway.logs.filter(({ event, tool }) => event === 'request' && tool === 'echo');
        return calls.length === 2 && calls.map(({ session }) => session);
      });
      expect(JSON.stringify(gateway.logs)).not.toContain(transport.sessionId);
      await client.close();
      return found;
    };
    const [[a, b], [c]] = [await connected(), await connected()];
    expect([typeof a, a === b, a === c]).toEqual(['string', true, false]);
  });

  it('say why there was no answer', async () => {
    const { decision, outcome, message } = await call('x', {}, 'lost');
    expect(message).toMatchObject({ result: { isError: true } });
    expect(decision).toMatchObject({ decision: 'allowed', toolset: 'gone', tool: 'lost' });
    expect(outcome).toMatchObject({
      decision: 'allowed',
      reason: 'upstream-unavailable',
      isError: true,
      upstream: 'http://127.0.0.1:1',
    });
    const denied = await call('x', {}, 'nothing');
    expect(denied.outcome).toMatchObject({
      decision: 'denied',
      reason: 'tool-unknown',
      rpcError: -32602,
      bytesOut: denied.length,
    });
    expect(denied.outcome).not.toHaveProperty('upstream');
  });

  it('have keyed hashes of arguments and results if that is asked for: equal ones for equal values alone', async () => {
    await use({ hashes: true });
    const [one, same, other, asLegacy] = [
      await call('a'),
      await call('a'),
      await call('b'),
      await call('a', {}, 'echo', 'legacy'),
    ];
    const hash = /^[0-9a-f]{8}:[0-9a-f]{64}$/;
    expect(one.decision?.argumentsHash).toMatch(hash);
    expect(one.decision).not.toHaveProperty('resultHash');
    expect(one.outcome).toMatchObject({
      argumentsHash: one.decision?.argumentsHash,
      resultHash: expect.stringMatching(hash),
    });
    expect([same, asLegacy].map(({ outcome }) => outcome.argumentsHash)).toEqual([
      one.outcome.argumentsHash,
      one.outcome.argumentsHash,
    ]);
    expect(same.outcome.resultHash).toBe(one.outcome.resultHash);
    expect(other.outcome.argumentsHash).not.toBe(one.outcome.argumentsHash);
    expect(other.outcome.resultHash).not.toBe(one.outcome.resultHash);
    // Nobody finds the value by hashing guesses.
    const plain = createHash('sha256').update('{"text":"a"}').digest('hex');
    expect(one.outcome.argumentsHash).not.toContain(plain);
    expect(one.outcome).not.toHaveProperty('arguments');
  });

  it('have them of invocations, too, streams among them', async () => {
    await use({ hashes: true });
    for (const [name, accept] of [
      ['support', 'application/json'],
      ['streams', 'text/event-stream'],
    ] as const) {
      const body = { agent: name, input: 'my secret' };
      const id = `invocation-${name}`;
      const answer = await gateway.invoke(body, { ...bearer, accept, 'x-request-id': id });
      const { byteLength } = await answer.arrayBuffer();
      const { outcome, decision } = await linesOf(id);
      expect(decision).toMatchObject({ method: 'invoke', agent: name, argumentsHash: expect.any(String) });
      expect(outcome).toMatchObject({
        argumentsHash: decision?.argumentsHash,
        resultHash: expect.any(String),
        bytesIn: JSON.stringify(body).length,
        bytesOut: byteLength,
        upstream: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      });
      expect(JSON.stringify(gateway.logs)).not.toContain('my secret');
    }
  });

  it('have the contents only if those are asked for, and no more than their beginning', async () => {
    await use({ contents: true });
    const { outcome } = await call('hello');
    expect(outcome.arguments).toBe('{"text":"hello"}');
    expect(JSON.parse(String(outcome.result))).toMatchObject({ content: [{ type: 'text', text: 'logs: hello' }] });
    expect(outcome).not.toHaveProperty('argumentsHash');
    const long = await call('x'.repeat(20_000));
    expect(String(long.outcome.arguments)).toHaveLength(16_384 + '...'.length);
    const denied = await call('denied', {}, 'nothing');
    expect(denied.outcome).toMatchObject({ decision: 'denied', arguments: '{"text":"denied"}' });
  });
});

it('hashes of values are of one key, by its id, and of all pieces', () => {
  const keyOf = (byte: number) => ({ id: Buffer.alloc(4, byte), key: Buffer.alloc(32, byte) });
  const keys = { current: keyOf(1) };
  const values = new AuditValues(keys, { hashes: true, contents: false });
  const first = values.fieldsOf('result', 'a value').resultHash;
  expect(first).toMatch(/^01010101:/);
  const inPieces = values.begin('result');
  for (const piece of ['a ', 'val', 'ue']) inPieces.add(Buffer.from(piece));
  expect(inPieces.end()).toEqual({ resultHash: first });
  keys.current = keyOf(2);
  const second = values.fieldsOf('result', 'a value').resultHash;
  expect(second).toMatch(/^02020202:/);
  expect(second?.split(':')[1]).not.toBe(first?.split(':')[1]);
});
