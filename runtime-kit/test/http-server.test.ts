import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { invokeRequest } from 'agentyard/contract';
import { HttpProblem, readBody, readJson, sendJson, SseWriter, acceptsEventStream, type Handler } from '../src';
import { cleanUp, eventually, send, startServer } from './fixture';

afterEach(cleanUp);

const ok: Handler = (_request, response, { requestId }) => sendJson(response, 200, { requestId });

describe('HttpServer', () => {
  it('keeps a request id that may stand in a log, and replaces any other', async () => {
    const { port, lines } = await startServer({ '/x': { GET: ok } });
    const good = await send(port, { path: '/x', headers: { 'x-request-id': 'abc-1.2_Z' } });
    expect([good.headers['x-request-id'], JSON.parse(good.body)]).toEqual(['abc-1.2_Z', { requestId: 'abc-1.2_Z' }]);
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
    for (const bad of ['', 'a b', 'x'.repeat(129), 'é', 'a"b', 'a,b']) {
      const answer = await send(port, { path: '/x', headers: { 'x-request-id': Buffer.from(bad).toString('latin1') } });
      expect(answer.headers['x-request-id']).toEqual(uuid);
    }
    const twice = await send(port, { path: '/x', headers: { 'x-request-id': ['one', 'two'] } });
    expect(twice.headers['x-request-id']).toEqual(uuid);
    await eventually(() => lines.length === 8);
    expect(lines[0]).toMatchObject({ event: 'request', requestId: 'abc-1.2_Z' });
  });

  it('writes one line per request, with what the handler adds and without the query', async () => {
    const handler: Handler = (_request, response, context) => {
      context.annotate({ agent: 'a' });
      context.annotate({ route: 'r' });
      response.writeHead(204).end();
    };
    const { port, lines } = await startServer({ '/x': { POST: handler } });
    await send(port, { path: '/x?token=canary', method: 'POST' });
    await eventually(() => lines.length > 0);
    expect(lines).toMatchObject([
      {
        level: 'info',
        event: 'request',
        method: 'POST',
        path: '/x',
        status: 204,
        agent: 'a',
        route: 'r',
        duration_ms: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('answers an unknown path, also one of Object.prototype, and a wrong method with problems', async () => {
    const { port } = await startServer({ '/x': { GET: ok, POST: ok }, '/any': { '*': ok } });
    for (const path of ['/y', '/__proto__', '//', '/x/', '/x/../x']) {
      const answer = await send(port, { path });
      expect([answer.status, answer.headers['content-type']]).toEqual([404, 'application/problem+json']);
      expect(JSON.parse(answer.body)).toMatchObject({
        code: 'path-unknown',
        status: 404,
        requestId: answer.headers['x-request-id'],
      });
    }
    const wrong = await send(port, { path: '/x', method: 'DELETE' });
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, POST']);
    expect((await send(port, { path: '/any', method: 'DELETE' })).status).toBe(200);
    expect((await send(port, { path: `http://127.0.0.1:${port}/x?y` })).status).toBe(200);
    const elsewhere = await send(port, { path: 'http://elsewhere.example/x?y' });
    expect([elsewhere.status, JSON.parse(elsewhere.body)]).toMatchObject([400, { code: 'request-ambiguous' }]);
  });

  it('serves what stands in a folder by one handler, and what has a path of its own by that', async () => {
    const folder: Handler = (request, response) => sendJson(response, 200, { folder: request.url });
    const { port } = await startServer({ '/models/*': { GET: folder }, '/models/own': { GET: ok } });
    const answers = ['/models/a', '/models/', '/models/own', '/models', '/models/a/b'].map((path) =>
      send(port, { path }),
    );
    const bodies = (await Promise.all(answers)).map(({ status, body }) => [status, JSON.parse(body)] as const);
    expect(bodies).toMatchObject([
      [200, { folder: '/models/a' }],
      [200, { folder: '/models/' }],
      [200, { requestId: expect.any(String) }],
      [404, { code: 'path-unknown' }],
      [404, { code: 'path-unknown' }],
    ]);
  });

  it('tells clients of OpenAI’s paths of problems as they expect it, and others by problem documents', async () => {
    const fails: Handler = () => {
      throw new HttpProblem('rate-limited', 'Wait.', undefined, { 'retry-after': '7' });
    };
    const routes = { GET: fails };
    const { port } = await startServer({ '/v1/chat/completions': routes, '/v1/invoke': routes });
    const chat = await send(port, { path: '/v1/chat/completions' });
    expect([chat.status, chat.headers['content-type'], chat.headers['retry-after']]).toEqual([
      429,
      'application/json',
      '7',
    ]);
    expect(JSON.parse(chat.body)).toEqual({
      error: { message: 'Wait.', type: 'rate_limit_error', param: null, code: 'rate-limited' },
    });
    const unknown = await send(port, { path: '/v1/embeddings', method: 'POST' });
    expect([unknown.status, JSON.parse(unknown.body)]).toMatchObject([
      404,
      { error: { message: 'There is nothing at this path.', type: 'invalid_request_error', code: 'path-unknown' } },
    ]);
    const invoke = await send(port, { path: '/v1/invoke' });
    expect(invoke.headers['content-type']).toBe('application/problem+json');
  });

  it('answers a fault of a handler with 500 and tells the details to the log alone', async () => {
    const { port, lines } = await startServer({ '/x': { GET: () => Promise.reject(new Error('the disk is full')) } });
    const answer = await send(port, { path: '/x' });
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'internal-error' });
    expect(answer.body).not.toContain('disk');
    const line = lines.find(({ level }) => level === 'error');
    expect(line).toMatchObject({ err: { message: 'the disk is full' }, requestId: answer.headers['x-request-id'] });
    expect(await eventually(() => lines.find(({ event }) => event === 'request'))).toMatchObject({
      status: 500,
      problem: 'internal-error',
    });
  });

  it('cuts the connection when a handler fails after its answer has begun', async () => {
    const handler: Handler = async (_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      await new Promise((resolve) => response.write('half', resolve));
      throw new HttpProblem('agent-failed');
    };
    const { port } = await startServer({ '/x': { GET: handler } });
    await expect(send(port, { path: '/x' })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('keeps the connection after a problem, unless more of a body may come', async () => {
    const { port } = await startServer({});
    const agent = new Agent({ keepAlive: true });
    const connectionOf = async (method: string, chunks: string[]) =>
      (await send(port, { path: '/nowhere', method, agent }, chunks)).headers.connection;
    expect([await connectionOf('GET', []), await connectionOf('POST', ['x'.repeat(100_000)])]).toEqual([
      'keep-alive',
      'close',
    ]);
    agent.destroy();
  });

  it('cuts the connection of a client that does not read its answer', async () => {
    const { port, lines } = await startServer(
      { '/x': { GET: (_request, response) => sendJson(response, 200, 'x'.repeat(20_000_000)) } },
      { stallMs: 100 },
    );
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n'));
    socket.pause();
    await eventually(() => lines.length > 0);
    expect(lines).toMatchObject([{ event: 'request', aborted: true }]);
    socket.destroy();
  });

  it('does not cut the connection of a client that reads, however long it waits', async () => {
    let finish = (): void => undefined;
    const { url } = await startServer(
      {
        '/x': {
          GET: (_request, response) => {
            response.write('x'.repeat(5_000_000));
            finish = () => response.end('end');
          },
        },
      },
      { stallMs: 400 },
    );
    const answer = (await fetch(`${url}/x`)).text();
    await sleep(1_000);
    finish();
    expect((await answer).endsWith('end')).toBe(true);
  });

  it('tells the handler that the client left, and takes what breaks because of it for no fault', async () => {
    let left = false;
    const handler: Handler = (_request, _response, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          left = true;
          reject(new Error('no longer needed'));
        }),
      );
    const { port, lines } = await startServer({ '/x': { GET: handler } });
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n', () => socket.destroy()),
    );
    await eventually(() => left);
    await eventually(() => lines.length > 0);
    expect(lines).toMatchObject([{ event: 'request', aborted: true }]);
  });

  it('takes it for no fault when the client leaves while it sends its body', async () => {
    const { port, lines } = await startServer({
      '/x': { POST: async (request) => void (await readBody(request, 1_000)) },
    });
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf', () => socket.destroy()),
    );
    await eventually(() => lines.length > 0);
    expect(lines).toMatchObject([{ event: 'request', aborted: true }]);
  });

  it.each([
    ['/healthz', '/readyz'],
    ['/health', '/ready'],
  ])('answers %s always, and %s by its checks, without log lines', async (liveness, readiness) => {
    const { port, health, lines } = await startServer({});
    let reason: string | undefined = 'keys are missing';
    health.addCheck(() => reason);
    health.addCheck(() => undefined);
    const probe = async (path: string) => {
      const { status, body } = await send(port, { path });
      return [status, JSON.parse(body)] as unknown;
    };
    expect(await probe(readiness)).toEqual([503, { status: 'not ready', reasons: ['keys are missing'] }]);
    expect(await probe(liveness)).toEqual([200, { status: 'ok', reasons: [] }]);
    reason = undefined;
    expect(await probe(readiness)).toEqual([200, { status: 'ok', reasons: [] }]);
    health.drain();
    expect(await probe(readiness)).toEqual([503, { status: 'not ready', reasons: ['shutting down'] }]);
    expect(await probe(liveness)).toEqual([200, { status: 'ok', reasons: [] }]);
    expect(lines).toEqual([]);
  });
});

describe('readJson', () => {
  const read: Handler = async (request, response) =>
    sendJson(response, 200, await readJson(request, 100, invokeRequest));
  const post = async (headers: Record<string, string>, ...chunks: (string | Buffer)[]) => {
    const { port } = await startServer({ '/x': { POST: read } });
    const answer = await send(port, { path: '/x', method: 'POST', headers }, chunks);
    return { ...answer, json: JSON.parse(answer.body) as Record<string, unknown> };
  };
  const json = { 'content-type': 'application/json' };

  it('gives the value with the defaults of its schema', async () => {
    const answer = await post({ 'content-type': 'Application/JSON ; charset=utf-8' }, '{"agent":"a",', '"input":"ü"}');
    expect(answer.json).toEqual({ agent: 'a', input: 'ü', history: [] });
  });

  it.each([
    ['no media type', {}, '{}', 415, 'media-type-unsupported'],
    ['another media type', { 'content-type': 'application/jsonp' }, '{}', 415, 'media-type-unsupported'],
    ['text that is no JSON', json, '{', 400, 'request-malformed'],
    ['bytes that are no UTF-8', json, Buffer.from([0x22, 0xff, 0x22]), 400, 'request-malformed'],
    ['a value that does not fit', json, '{"agent":"A","inptu":1}', 400, 'request-invalid'],
    ['a body over the limit', json, ' '.repeat(101), 413, 'request-too-large'],
  ])('refuses %s', async (_case, headers, body, status, code) => {
    const answer = await post(headers, body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it('takes a body of exactly the limit', async () => {
    const body = '{"agent":"a","input":"x"}';
    expect((await post(json, body.padEnd(100))).status).toBe(200);
  });

  it('names every fault by its path, and not the value', async () => {
    const { json: problem } = await post(json, '{"agent":"Canary!","inptu":1}');
    expect((problem.faults as { path: string }[]).map(({ path }) => path).sort()).toEqual([
      '$.agent',
      '$.inptu',
      '$.input',
    ]);
    expect(JSON.stringify(problem)).not.toContain('Canary');
  });

  it('refuses a declared length over the limit before the body comes, and closes the connection', async () => {
    const { port } = await startServer({ '/x': { POST: read } });
    const headers = { ...json, 'content-length': '101' };
    const answer = await new Promise<string>((resolve, reject) => {
      const head = Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(`POST /x HTTP/1.1\r\nhost: x\r\n${head}\r\n`));
      socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      socket.on('end', () => resolve(text)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toLowerCase()).toContain('connection: close');
  });
});

describe('a client that still sends its body when it is refused', () => {
  const read: Handler = async (request) => void (await readBody(request, 1_000));

  it('gets to read the answer, and is not reset before its body has ended', async () => {
    const { port, lines } = await startServer({ '/x': { POST: read } });
    const piece = `7d0\r\n${'x'.repeat(2_000)}\r\n`;
    const head = 'POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
    const socket = connect(port, '127.0.0.1', () => socket.write(head + piece));
    let text = '';
    let fault: Error | undefined;
    socket.setEncoding('utf8').on('data', (more: string) => (text += more));
    socket.on('error', (error) => (fault = error));
    await eventually(() => text.includes('request-too-large'));
    for (let i = 0; i < 10; i += 1) {
      socket.write(piece);
      await sleep(10);
    }
    socket.write('0\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(fault).toBeUndefined();
    expect(await eventually(() => lines[0])).toMatchObject({ status: 413, problem: 'request-too-large' });
    expect(lines[0]).not.toHaveProperty('aborted');
  });

  it('is cut off when its body does not end', async () => {
    const { port } = await startServer({ '/x': { POST: read } });
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n'),
    );
    const timer = setInterval(() => socket.write('x'), 20);
    await new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
    clearInterval(timer);
  });

  it.each([2_000_000, 30_000_000])('gets 413 from fetch (%d bytes)', async (size) => {
    const { url } = await startServer({ '/x': { POST: read } });
    for (let i = 0; i < 5; i += 1) {
      const answer = await fetch(`${url}/x`, { method: 'POST', body: new Uint8Array(size) });
      expect([answer.status, await answer.json()]).toEqual([
        413,
        expect.objectContaining({ code: 'request-too-large' }),
      ]);
    }
  });
});

describe('SseWriter', () => {
  it('writes events that carry their type, unbuffered', async () => {
    let stream: SseWriter | undefined;
    const { url } = await startServer({
      '/x': { GET: (_request, response) => void (stream = new SseWriter(response)) },
    });
    const answer = await fetch(`${url}/x`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    const pieces = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    stream?.send({ type: 'first' });
    expect((await pieces?.read())?.value).toBe('event: first\ndata: {"type":"first"}\n\n');
    stream?.end();
    expect((await pieces?.read())?.done).toBe(true);
  });

  it.each([
    ['text/event-stream', true],
    ['application/json, Text/Event-Stream;q=0.5', true],
    ['application/json', false],
    ['*/*', false],
    [undefined, false],
  ])('is asked for by Accept: %s: %s', (accept, expected) => {
    expect(acceptsEventStream(accept)).toBe(expected);
  });
});
