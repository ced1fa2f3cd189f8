import { connect } from 'node:net';
import { handleWithWeb, type WebHandler } from '../src';
import { cleanUp, eventually, send, startServer } from './fixture';

afterEach(cleanUp);

async function bridge(handle: WebHandler) {
  return startServer({
    '/x': { '*': (request, response, { signal }) => handleWithWeb(request, response, signal, 1_000, handle) },
  });
}

describe('handleWithWeb', () => {
  it('passes method, path, headers and body on, and status, headers and body back', async () => {
    const { port } = await bridge(async (request) => {
      const { pathname, search } = new URL(request.url);
      const headers = new Headers({ 'x-answer': request.headers.get('x-question') ?? '' });
      headers.append('set-cookie', 'a=1');
      headers.append('set-cookie', 'b=2');
      return new Response(`${request.method} ${pathname}${search} ${await request.text()}`, { status: 418, headers });
    });
    const answer = await send(port, { path: '/x?y=1', method: 'PUT', headers: { 'x-question': ['a', 'b'] } }, ['ü']);
    expect([answer.status, answer.body]).toEqual([418, 'PUT /x?y=1 ü']);
    expect(answer.headers['x-answer']).toBe('a, b');
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.headers['x-request-id']).toEqual(expect.any(String));
  });

  it('takes requests and answers without a body', async () => {
    const { port } = await bridge((request) =>
      Promise.resolve(new Response(null, { status: request.body === null ? 204 : 500 })),
    );
    expect(await send(port, { path: '/x', method: 'GET' })).toMatchObject({ status: 204, body: '' });
  });

  it('takes path and query from a target in absolute form, and not its user; one of another host is refused', async () => {
    const { port, lines } = await bridge((request) => Promise.resolve(new Response(request.url)));
    for (const target of ['/x?y=1', `http://user:canary@127.0.0.1:${port}/x?y=1`]) {
      expect(await send(port, { path: target })).toMatchObject({ status: 200, body: 'http://localhost/x?y=1' });
    }
    expect(await send(port, { path: 'http://elsewhere.example:81/x?y=1' })).toMatchObject({ status: 400 });
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('refuses a method that a Request cannot have', async () => {
    const { port } = await bridge(() => Promise.resolve(new Response()));
    expect((await send(port, { path: '/x', method: 'TRACE' })).status).toBe(405);
  });

  it('refuses a body over the limit before the handler sees it', async () => {
    let called = false;
    const { port } = await bridge(() => Promise.resolve(new Response(String((called = true)))));
    expect((await send(port, { path: '/x', method: 'POST' }, ['x'.repeat(600), 'x'.repeat(600)])).status).toBe(413);
    expect(called).toBe(false);
  });

  it('passes each piece of an answer on when it comes', async () => {
    let source: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (source = controller) });
    const { url } = await bridge(() =>
      Promise.resolve(
        new Response(body, { headers: { connection: 'keep-alive', 'content-type': 'text/event-stream' } }),
      ),
    );
    const answer = await fetch(`${url}/x`);
    const pieces = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    source?.enqueue(Buffer.from('first'));
    expect((await pieces?.read())?.value).toBe('first');
    source?.enqueue(Buffer.from('second'));
    expect((await pieces?.read())?.value).toBe('second');
    source?.close();
    expect((await pieces?.read())?.done).toBe(true);
  });

  it('aborts the request’s signal and cancels the answer when the client leaves', async () => {
    let aborted = false;
    let cancelled = false;
    const { port, lines } = await bridge((request) => {
      request.signal.addEventListener('abort', () => (aborted = true));
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(Buffer.from('first')),
        cancel: () => void (cancelled = true),
      });
      return Promise.resolve(new Response(body));
    });
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n'));
    socket.once('data', () => socket.destroy());
    await eventually(() => aborted && cancelled);
    await eventually(() => lines.length > 0);
    expect(lines).toMatchObject([{ event: 'request', aborted: true }]);
  });

  it('asks for no more of an answer than the client takes', async () => {
    let pulled = 0;
    const { port } = await bridge(() => {
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(65_536));
      };
      return Promise.resolve(new Response(new ReadableStream<Uint8Array>({ pull })));
    });
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n'));
    socket.pause();
    let before = -1;
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const same = pulled > 0 && pulled === before;
      before = pulled;
      return same;
    });
    socket.resume();
    await eventually(() => pulled > before);
    socket.destroy();
  });

  it('cuts the connection when an answer breaks', async () => {
    let source: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (source = controller) });
    const { url, lines } = await bridge(() => Promise.resolve(new Response(body)));
    const answer = await fetch(`${url}/x`);
    source?.enqueue(Buffer.from('first'));
    source?.error(new Error('the source broke'));
    await expect(answer.text()).rejects.toThrow('terminated');
    expect(await eventually(() => lines.find(({ level }) => level === 'error'))).toMatchObject({
      err: { message: 'the source broke' },
    });
    expect(await eventually(() => lines.find(({ event }) => event === 'request'))).toMatchObject({
      problem: 'internal-error',
    });
    expect(lines.filter(({ aborted }) => aborted !== undefined)).toEqual([]);
  });
});
