import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { interruptionOf, sendJson, SseWriter, type Handler } from '../src';
import { cleanUp, eventually, send, startServer } from './fixture';

afterEach(cleanUp);

/** A handler that waits until the test lets it answer. */
function held() {
  const waiting: (() => void)[] = [];
  const handler: Handler = (_request, response) => void waiting.push(() => sendJson(response, 200, {}));
  return { waiting, handler };
}

/** A thread that sends a request, and tells when its connection is there, and what came of it. */
const CLIENT = `
  const { request } = require('node:http');
  const { parentPort, workerData: { port, connected } } = require('node:worker_threads');
  const sent = request({ port, host: '127.0.0.1', path: '/x', agent: false }, (answer) => parentPort.postMessage(answer.statusCode));
  sent.on('error', ({ code }) => parentPort.postMessage(code));
  sent.on('socket', (socket) => socket.on('connect', () => {
    Atomics.store(connected, 0, 1);
    Atomics.notify(connected, 0);
  }));
  sent.end();
`;

/** Resolves when a server takes no connections any more. */
async function refusal(port: number): Promise<void> {
  const refused = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNREFUSED';
  await eventually(() => send(port, { path: '/none' }).then(() => false, refused));
}

/** Gives each turn of the event loop something to do. @returns ends it */
function busyTurns(): () => void {
  let isBusy = true;
  const turn = (): void => {
    const until = performance.now() + 2;
    while (performance.now() < until);
    if (isBusy) setImmediate(turn);
  };
  turn();
  return () => (isBusy = false);
}

describe('HttpServer.close', () => {
  it('waits for requests in flight, and takes no new connection meanwhile', async () => {
    const { waiting, handler } = held();
    const { server, port } = await startServer({ '/x': { GET: handler } });
    const answer = send(port, { path: '/x' });
    await eventually(() => waiting.length === 1);
    let closed = false;
    const closing = server.close(60_000).then(() => (closed = true));
    await refusal(port);
    expect(closed).toBe(false);
    waiting[0]?.();
    expect((await answer).status).toBe(200);
    await closing;
  });

  it('answers on a connection that the kernel has made, and that the process has not taken yet', async () => {
    const { server, port } = await startServer({ '/x': { GET: (_request, response) => sendJson(response, 200, {}) } });
    const connected = new Int32Array(new SharedArrayBuffer(4));
    const client = new Worker(CLIENT, { eval: true, workerData: { port, connected } });
    const said = once(client, 'message');
    // Meanwhile the event loop takes nothing.
    Atomics.wait(connected, 0, 0, 10_000);
    await server.close(10_000);
    expect(await said).toEqual([200]);
  });

  it('does not wait for a connection that came while it waited for a quiet turn, and has sent nothing', async () => {
    const endless: Handler = (_request, response) => void response.write('first ');
    const { server, port } = await startServer({ '/x': { GET: endless } });
    const cut = expect(send(port, { path: '/x' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    await eventually(() => server.inFlight === 1);
    const end = busyTurns();
    const closing = server.close(0);
    // What comes before the grace is over would be seen without further ado.
    await sleep(20);
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    end();
    await once(silent.resume(), 'close');
    expect(server.inFlight).toBe(1);
    await closing;
    await cut;
  });

  it('answers what is still in flight when the grace is over with a problem, and lets its handler know', async () => {
    let interruption: string | undefined;
    const handler: Handler = (_request, _response, { signal }) => {
      signal.addEventListener('abort', () => (interruption = interruptionOf(signal)?.code));
    };
    const { server, port, lines } = await startServer({ '/x': { GET: handler } });
    const answer = send(port, { path: '/x' });
    await eventually(() => server.inFlight === 1);
    await server.close(20);
    const { status, headers, body } = await answer;
    expect([status, headers['retry-after'], headers.connection]).toEqual([503, '1', 'close']);
    expect(JSON.parse(body)).toMatchObject({ code: 'runtime-ending', detail: 'It may be sent again.' });
    expect(interruption).toBe('runtime-ending');
    expect(lines).toMatchObject([{ event: 'request', status: 503, problem: 'runtime-ending' }]);
  });

  it('gives a stream its last words when the grace is over, and cuts one that has none', async () => {
    const last: Handler = async (_request, response, { signal }) => {
      const writer = new SseWriter(response);
      await once(signal, 'abort');
      writer.send({ type: interruptionOf(signal)?.code ?? 'gone' });
      writer.end();
    };
    const none: Handler = async (_request, response, { signal }) => {
      response.write('first ');
      await once(signal, 'abort');
      throw signal.reason;
    };
    const { server, port } = await startServer({ '/last': { GET: last }, '/none': { GET: none } });
    const streams = [send(port, { path: '/last' }), send(port, { path: '/none' })];
    const cut = expect(streams[1]).rejects.toMatchObject({ code: 'ECONNRESET' });
    await eventually(() => server.inFlight === 2);
    await server.close(20);
    expect((await streams[0])?.body).toContain('event: runtime-ending\n');
    await cut;
  });

  it('still answers a request on a connection that was open before, as its last one', async () => {
    const { server, port, health } = await startServer({
      '/x': { GET: (_request, response) => sendJson(response, 200, {}) },
    });
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (piece: string) => (text += piece));
    const head = 'GET /x HTTP/1.1\r\nhost: x\r\n\r\n';
    socket.write(head);
    await eventually(() => text.endsWith('{}'));
    expect(text).toContain('Connection: keep-alive');
    health.drain();
    const closing = server.close(60_000);
    await refusal(port);
    text = '';
    socket.write(head);
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n.*connection: close\r\n.*\{\}$/is);
    await closing;
  });

  it('says with an answer that was in the making that it is the last one', async () => {
    const { waiting, handler } = held();
    const { server, port } = await startServer({ '/x': { GET: handler } });
    const answer = send(port, { path: '/x', agent: new Agent({ keepAlive: true }) });
    await eventually(() => waiting.length === 1);
    const closing = server.close(60_000);
    await refusal(port);
    waiting[0]?.();
    expect((await answer).headers.connection).toBe('close');
    await closing;
  });

  it('ends requests that wait behind another one on the same connection, and logs each', async () => {
    const { waiting, handler } = held();
    const { server, port, lines } = await startServer({ '/x': { GET: handler } });
    const head = 'GET /x HTTP/1.1\r\nhost: x\r\n\r\n';
    const socket = connect(port, '127.0.0.1', () => socket.write(head + head)).on('error', () => undefined);
    await eventually(() => waiting.length === 2);
    await server.close(20);
    expect(lines).toMatchObject([
      { event: 'request', status: 503 },
      { event: 'request', aborted: true },
    ]);
  });

  it('is not held up by connections that are kept open, idle or after their last answer', async () => {
    const { waiting, handler } = held();
    const { server, port, health } = await startServer({
      '/x': { GET: handler },
      '/y': { GET: (_request, response) => sendJson(response, 200, {}) },
    });
    const agent = new Agent({ keepAlive: true });
    await send(port, { path: '/y', agent });
    const idle = connect(port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const busy = send(port, { path: '/x', agent: new Agent({ keepAlive: true }) });
    await eventually(() => waiting.length === 1);
    health.drain();
    const closing = server.close(60_000);
    waiting[0]?.();
    expect((await busy).status).toBe(200);
    await closing;
    agent.destroy();
    idle.destroy();
  });

  it('tells nobody to close a connection while it still takes new ones, which could then come too late', async () => {
    const { server, port } = await startServer({ '/x': { GET: (_request, response) => sendJson(response, 200, {}) } });
    const agent = new Agent({ keepAlive: true });
    const connectionOf = () => send(port, { path: '/x', agent }).then(({ headers }) => headers.connection);
    const end = busyTurns();
    const closing = server.close(60_000);
    const before = await connectionOf();
    end();
    await refusal(port);
    const after = await connectionOf();
    expect([before, after]).toEqual(['keep-alive', 'close']);
    await closing;
  });
});

describe('a stream', () => {
  it('goes on to its end after close', async () => {
    let finish: (() => void) | undefined;
    const { server, port } = await startServer({
      '/x': {
        GET: (_request, response) => {
          response.write('first ');
          finish = () => response.end('last');
        },
      },
    });
    const body = new Promise<string>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path: '/x' }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        answer.on('end', () => resolve(text)).on('error', reject);
      });
      sent.on('error', reject).end();
    });
    await eventually(() => finish !== undefined);
    const closing = server.close(60_000);
    finish?.();
    expect(await body).toBe('first last');
    await closing;
  });
});
