import type { ServerResponse } from 'node:http';
import {
  cleanUp,
  documentOf,
  eventually,
  outcomeLine,
  startServer,
  startTestGateway,
  type TestGateway,
  type TestServer,
} from './fixture';
import { connect, messageOf, post, startRawToolset, toolset, type Era } from './toolset-fixture';

afterEach(cleanUp);

const BOTH = 'application/json, text/event-stream';
const RESULT = { resultType: 'complete', content: [{ type: 'text', text: 'done' }] };

const gatewayBefore = ({ address }: TestServer): Promise<TestGateway> =>
  startTestGateway({
    document: documentOf({ toolsets: [toolset('logs', ['work'])] }),
    hosts: { 'logs-pods:8080': [address] },
  });

const event = (message: object) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
const progress = (progress: number, progressToken: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken, progress },
});

/** A toolset that answers a call by what `work` writes. */
const streaming = (work: (write: (message: object) => void, call: Call, response: ServerResponse) => void) =>
  startServer((_request, response, body) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    work((message) => void response.write(event(message)), JSON.parse(body) as Call, response);
  });

interface Call {
  readonly id: unknown;
  readonly params: { readonly _meta: { readonly progressToken?: unknown } };
}

describe.each<Era>(['modern', 'legacy'])('a call in the %s era', (era) => {
  it('passes progress on while the tool works, and then its result', async () => {
    let finish: () => void = () => undefined;
    const logs = await streaming((write, { id, params }, response) => {
      write(progress(1, params._meta.progressToken));
      finish = () => {
        write({ jsonrpc: '2.0', id, result: RESULT });
        response.end();
      };
    });
    const client = await connect(await gatewayBefore(logs), era);
    const seen: number[] = [];
    const onprogress = (step: { progress: number }) => void seen.push(step.progress);
    const call = client.callTool({ name: 'work', arguments: {} }, { onprogress });
    await eventually(() => seen.length === 1);
    finish();
    expect(await call).toMatchObject({ content: RESULT.content });
  });

  it('says in the stream what has broken after it began', async () => {
    const logs = await streaming((write, { params }, response) => {
      write(progress(1, params._meta.progressToken));
      setImmediate(() => response.destroy());
    });
    const gateway = await gatewayBefore(logs);
    const answer = await post(gateway, era, 'tools/call', { name: 'work', _meta: { progressToken: 1 } });
    const events = await answer.text();
    expect(answer.status).toBe(200);
    expect(events.match(/^data: /gm)).toHaveLength(2);
    expect(events).toContain('may have had its effect');
  });

  it('leaves progress out for a client that takes JSON alone', async () => {
    const logs = await streaming((write, { id }, response) => {
      write(progress(1, 1));
      write({ jsonrpc: '2.0', id, result: RESULT });
      response.end();
    });
    const gateway = await gatewayBefore(logs);
    const answer = await post(gateway, era, 'tools/call', { name: 'work' }, { accept: 'application/json' });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toMatchObject({ id: 7, result: { content: RESULT.content } });
  });
});

it('answers a client that takes events alone with a stream', async () => {
  const logs = await startRawToolset(() => ({ result: RESULT }));
  const answer = await post(
    await gatewayBefore(logs),
    'modern',
    'tools/call',
    { name: 'work' },
    {
      accept: 'text/event-stream',
    },
  );
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  expect(await messageOf(answer)).toMatchObject({ id: 7, result: { content: RESULT.content } });
});

it.each(['text/html', 'image/*'])('refuses a client that takes %s alone', async (accept) => {
  const logs = await startRawToolset(() => ({ result: RESULT }));
  const gateway = await gatewayBefore(logs);
  const answer = await post(gateway, 'modern', 'tools/list', {}, { accept });
  expect(answer.status).toBe(406);
  expect(await answer.json()).toMatchObject({ id: 7, error: { code: -32000 } });
  expect(logs.requests).toEqual([]);
});

it('passes a result on byte by byte, numbers and order of members as they were', async () => {
  const result = '{"b":1.0,"a":12345678901234567890,"content":[],"resultType":"complete"';
  const meta = '"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"tool\\"}s","version":"1"},"z":0}}';
  const logs = await startServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"id":7,"result":${result},${meta},"jsonrpc":"2.0"}`);
  });
  const answer = await post(await gatewayBefore(logs), 'modern', 'tools/call', { name: 'work' });
  const text = await answer.text();
  expect(
    text.startsWith(`{"id":7,"result":${result},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"gateway",`),
  ).toBe(true);
  expect(text.endsWith(',"z":0}},"jsonrpc":"2.0"}')).toBe(true);
});

describe('a batch', () => {
  const send = (gateway: TestGateway, batch: unknown, revision?: string) =>
    fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: BOTH,
        ...(revision !== undefined && { 'mcp-protocol-version': revision }),
      },
      body: JSON.stringify(batch),
    });
  const call = (id: unknown, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params });

  it('has an answer for each of its requests, errors among them', async () => {
    const logs = await startRawToolset(() => ({ result: RESULT }));
    const gateway = await gatewayBefore(logs);
    const answer = await send(gateway, [
      call(1, 'ping'),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      call('two', 'tools/call', { name: 'work' }),
      call(3, 'tools/call', { name: 'unknown' }),
      call(4, 'unknown'),
    ]);
    expect(await answer.json()).toEqual([
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 'two', result: { content: RESULT.content } },
      { jsonrpc: '2.0', id: 3, error: { code: -32602, message: 'Unknown tool: unknown' } },
      { jsonrpc: '2.0', id: 4, error: { code: -32601, message: 'Method not found' } },
    ]);
    expect(await outcomeLine(gateway)).toMatchObject({ method: 'batch' });
  });

  it.each<[string, unknown, string | undefined]>([
    ['in a revision without', [call(1, 'ping')], '2025-06-18'],
    ['that is empty', [], undefined],
    ['of over 100', Array.from({ length: 101 }, (_, id) => call(id, 'ping')), undefined],
    ['with initialize', [call(1, 'initialize')], undefined],
    ['with something else', [call(1, 'ping'), 'text'], undefined],
  ])('%s is refused', async (_, batch, revision) => {
    const gateway = await startTestGateway({ document: documentOf() });
    const answer = await send(gateway, batch, revision);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ id: null, error: { code: -32600 } });
  });
});

it('refuses a body that is not UTF-8', async () => {
  const gateway = await startTestGateway({ document: documentOf() });
  const answer = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: BOTH },
    body: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"\xff"}', 'latin1'),
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ id: null, error: { code: -32700 } });
});
