import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Agent, buildConnector, errors, type Dispatcher } from 'undici';
import { createPodDispatcher } from '../src';
import { Http1Dispatcher, type Http1Options } from '../src/http1/http1-dispatcher';
import { cleanUp, onCleanUp } from './fixture';

afterEach(cleanUp);

/** What came of a request. */
interface Told {
  readonly status?: number;
  readonly headers?: unknown;
  readonly body?: string;
  readonly error?: string;
}

type Options = Partial<Dispatcher.DispatchOptions>;

function ask(dispatcher: Dispatcher, origin: string, options: Options = {}): Promise<Told> {
  return new Promise((resolve) => {
    let told: Told = {};
    const pieces: Buffer[] = [];
    dispatcher.dispatch(
      { origin, path: '/x', method: 'POST', headers: { accept: 'a/b' }, body: Buffer.from('{}'), ...options },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status, headers) => {
          if (status >= 200) told = { status, headers };
        },
        onResponseData: (_controller, piece) => void pieces.push(piece),
        onResponseEnd: () => resolve({ ...told, body: Buffer.concat(pieces).toString('latin1') }),
        onResponseError: (_controller, error) =>
          resolve({ error: (error as NodeJS.ErrnoException).code ?? error.name }),
      },
    );
  });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onCleanUp(() => new Promise((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers each request with these bytes, in pieces of a length, and then closes if it is said to. */
async function answering(answer: string, { piece = Infinity, closes = false } = {}) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    onCleanUp(() => Promise.resolve(void socket.destroy()));
    socket.on('error', () => undefined);
    socket.on('data', () => void answerOn(socket, Buffer.from(answer, 'latin1'), piece, closes));
  });
  return { origin: await listen(server), sockets };
}

async function answerOn(socket: Socket, bytes: Buffer, piece: number, closes: boolean): Promise<void> {
  for (let at = 0; at < bytes.length; at += piece) {
    socket.write(bytes.subarray(at, at + piece));
    if (piece !== Infinity) await new Promise((resolve) => setImmediate(resolve));
  }
  if (closes) socket.end();
}

function own(terms: { idleMs?: number; lifetimeMs?: number } = {}): Dispatcher {
  const connect: Http1Options['connect'] = (target, onread, take) =>
    buildConnector({ timeout: 1_000, onread })(target, take);
  const others = new Agent();
  const dispatcher = new Http1Dispatcher({ connect, idleMs: 10_000, lifetimeMs: 60_000, others, ...terms });
  onCleanUp(() => dispatcher.destroy());
  return dispatcher;
}

function agent(): Dispatcher {
  const dispatcher = new Agent();
  onCleanUp(() => dispatcher.destroy());
  return dispatcher;
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';

/** What both sides read in the same way. */
const ANSWERS: Readonly<Record<string, string>> = {
  'a body with a length': `${HEAD}content-length: 5\r\n\r\nhello`,
  'no body': `${HEAD}content-length: 0\r\n\r\n`,
  'a status that has no body': 'HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n',
  'an informational answer before': `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${HEAD}content-length: 2\r\n\r\nok`,
  chunks: `${HEAD}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n`,
  'chunks with fields behind': `${HEAD}Transfer-Encoding: Chunked\r\n\r\n2\r\nab\r\n0\r\nx-b: 2\r\n\r\n`,
  'a header that comes twice': `${HEAD}x-a: 1\r\nX-A:  2\r\ncontent-length: 0\r\n\r\n`,
  'a status without a reason': 'HTTP/1.1 404 \r\ncontent-length: 1\r\n\r\nx',
};

/** Bodies that are read in parts, and in memory that is made for them. */
const LONG = [5_000, 65_536, 131_072, 700_000].map(
  (length) => [length, Buffer.alloc(length, '0123456789abcde')] as const,
);

/** What must not be taken for an answer: some of it others might read as something else. */
const NO_ANSWERS: Readonly<Record<string, string>> = {
  'what is no HTTP': 'hello\r\n\r\n',
  'another protocol': 'HTTP/2.0 200 OK\r\n\r\n',
  'two lengths': `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
  'a length and chunks': `${HEAD}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a length that is none': `${HEAD}content-length: +1\r\n\r\na`,
  'another coding': `${HEAD}transfer-encoding: gzip\r\n\r\nab`,
  'a name with a blank': `${HEAD}x a: 1\r\ncontent-length: 0\r\n\r\n`,
  'a name that would be no member': `${HEAD}__proto__: 1\r\ncontent-length: 0\r\n\r\n`,
  'a folded line': `${HEAD}x-a: 1\r\n 2\r\ncontent-length: 0\r\n\r\n`,
  'a bare line feed': `${HEAD}x-a: 1\nx-b: 2\r\ncontent-length: 0\r\n\r\n`,
  'a chunk longer than it says': `${HEAD}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`,
  'a chunk without a size': `${HEAD}transfer-encoding: chunked\r\n\r\nx\r\n\r\n`,
  'a chunk size that is none': `${HEAD}transfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n`,
  'a change of protocol': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
};

describe('answers', () => {
  it.each(Object.entries(ANSWERS))(
    '%s: read as undici reads it, in one piece and byte by byte',
    async (_name, answer) => {
      const whole = await answering(answer);
      const bytes = await answering(answer, { piece: 1 });
      const read = await ask(own(), whole.origin);
      expect(read.status).toBeDefined();
      expect(read).toEqual(await ask(agent(), whole.origin));
      expect(await ask(own(), bytes.origin)).toEqual(read);
    },
  );

  it.each(LONG)('of %i bytes are read as they were sent', async (length, body) => {
    const { origin } = await answering(`${HEAD}content-length: ${length}\r\n\r\n${body.toString()}`, { piece: 30_011 });
    const dispatcher = own();
    for (const { body: read } of await Promise.all([1, 2, 3].map(() => ask(dispatcher, origin)))) {
      expect(body.equals(Buffer.from(read ?? '', 'latin1'))).toBe(true);
    }
  });

  it.each(Object.entries(NO_ANSWERS))('%s: an error, and the connection is closed', async (_name, answer) => {
    const { origin, sockets } = await answering(answer);
    expect(await ask(own(), origin)).toEqual({ error: expect.any(String) });
    await expect(closed(sockets[0])).resolves.toBeUndefined();
  });

  it('have fields that are called like what every object has', async () => {
    const { origin } = await answering(`${HEAD}constructor: 1\r\ntoString: 2\r\ncontent-length: 0\r\n\r\n`);
    expect((await ask(own(), origin)).headers).toMatchObject({ constructor: '1', tostring: '2' });
  });

  it('that end with the connection are complete; those that should not are none', async () => {
    const until = await answering(`${HEAD}\r\nhello`, { closes: true });
    expect(await ask(own(), until.origin)).toMatchObject({ status: 200, body: 'hello' });
    const cut = await answering(`${HEAD}content-length: 9\r\n\r\nhello`, { closes: true });
    expect(await ask(own(), cut.origin)).toEqual({ error: 'UND_ERR_SOCKET' });
  });

  it('with a head without end are given up', async () => {
    const { origin } = await answering(`HTTP/1.1 200 OK\r\n${'x-a: 1\r\n'.repeat(10_000)}`);
    expect(await ask(own(), origin)).toEqual({ error: 'HTTPParserError' });
  });
});

describe('requests', () => {
  it('arrive as undici’s do', async () => {
    const seen: unknown[] = [];
    const server = createHttpServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const { method, url, headers } = request;
        seen.push({ method, url, headers, body: Buffer.concat(pieces).toString() });
        response.end();
      });
    });
    const origin = await listen(server);
    const both = [own(), agent()];
    const cases: Options[] = [
      {},
      { body: 'ä'.repeat(10_000) },
      { method: 'GET', body: null, path: '/a?b=c' },
      { method: 'DELETE', body: null, headers: { 'x-a': 'ü' } },
    ];
    for (const options of cases) {
      for (const dispatcher of both) await ask(dispatcher, origin, options);
      expect(seen[0]).toEqual(seen[1]);
      seen.length = 0;
    }
  });

  it.each([
    ['a header', { headers: { accept: 'a\r\nx-b: 1' } }],
    ['the name of a header', { headers: { 'a\r\nx-b': '1' } }],
    ['a path', { path: '/ HTTP/1.1\r\nx-b: 1' }],
  ])('with the end of a line in %s are refused', async (_name, options) => {
    const { origin, sockets } = await answering(ANSWERS['no body'] ?? '');
    const refused = async () => (await ask(own(), origin, options)).error;
    await expect(refused().catch((error: Error) => error.name)).resolves.toMatch(/InvalidArgument|UND_ERR_INVALID_ARG/);
    expect(sockets).toHaveLength(0);
  });

  it('that nobody takes say that no connection came about', async () => {
    const { origin } = await answering('');
    await cleanUp();
    expect(await ask(own(), origin)).toEqual({ error: 'ECONNREFUSED' });
  });
});

describe('connections', () => {
  it('are used again, one request at a time', async () => {
    const { origin, sockets } = await answering(`${HEAD}content-length: 2\r\n\r\nok`);
    const dispatcher = own();
    for (let i = 0; i < 5; i += 1) await ask(dispatcher, origin);
    expect(sockets).toHaveLength(1);
    await Promise.all(Array.from({ length: 3 }, () => ask(dispatcher, origin)));
    expect(sockets).toHaveLength(3);
  });

  it.each([
    ['on which more came than the answer', `${HEAD}content-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n`],
    [
      'on which more came than a long answer',
      `${HEAD}content-length: 70000\r\n\r\n${'ok'.repeat(35_000)}HTTP/1.1 200 OK\r\n\r\n`,
    ],
    ['that the server closes', `${HEAD}connection: close\r\ncontent-length: 2\r\n\r\nok`],
    ['of HTTP/1.0', `HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok`],
  ])('%s are not', async (_name, answer) => {
    const { origin, sockets } = await answering(answer);
    const dispatcher = own();
    const ok = { status: 200, body: expect.stringMatching(/^(ok)+$/) as string };
    expect(await ask(dispatcher, origin)).toMatchObject(ok);
    expect(await ask(dispatcher, origin)).toMatchObject(ok);
    expect(sockets).toHaveLength(2);
  });

  it('that speak while nothing is asked, or were closed, are not', async () => {
    const { origin, sockets } = await answering(`${HEAD}content-length: 2\r\n\r\nok`);
    const dispatcher = own();
    await ask(dispatcher, origin);
    sockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong');
    await closed(sockets[0]);
    expect(await ask(dispatcher, origin)).toMatchObject({ body: 'ok' });
    sockets[1]?.end();
    await closed(sockets[1]);
    expect(await ask(dispatcher, origin)).toMatchObject({ body: 'ok' });
  });

  it('are left after their time', async () => {
    const { origin, sockets } = await answering(`${HEAD}content-length: 2\r\n\r\nok`);
    const dispatcher = own({ lifetimeMs: -1 });
    await ask(dispatcher, origin);
    await ask(dispatcher, origin);
    expect(sockets).toHaveLength(2);
  });

  it('are closed with the request that is given up, and with the dispatcher', async () => {
    const { origin, sockets } = await answering(`${HEAD}content-length: 9\r\n\r\nhello`);
    const dispatcher = own();
    const given = new Promise<Error>((resolve) => {
      dispatcher.dispatch(
        { origin, path: '/', method: 'POST', headers: {}, body: null },
        {
          onResponseData: (controller) => controller.abort(new Error('enough')),
          onResponseError: (_controller, error) => resolve(error),
        },
      );
    });
    await expect(given).resolves.toMatchObject({ message: 'enough' });
    await closed(sockets[0]);
    const waiting = ask(dispatcher, origin);
    await until(() => sockets.length === 2);
    await dispatcher.destroy();
    expect(await waiting).toEqual({ error: new errors.ClientDestroyedError().code });
    expect(await ask(dispatcher, origin)).toEqual({ error: new errors.ClientDestroyedError().code });
  });
});

it('a reader that pauses holds up the server, and goes on where it was', async () => {
  const size = 8_000_000;
  const server = createHttpServer((_request, response) => response.end(Buffer.alloc(size, 'x')));
  const origin = await listen(server);
  const dispatcher = createPodDispatcher(undefined);
  onCleanUp(() => dispatcher.destroy());
  let received = 0;
  let paused = 0;
  await new Promise<void>((resolve, reject) => {
    dispatcher.dispatch(
      { origin, path: '/', method: 'GET', headers: {}, body: null },
      {
        onResponseData: (controller, piece) => {
          received += piece.length;
          if (paused >= 3) return;
          paused += 1;
          controller.pause();
          const before = received;
          setTimeout(() => {
            if (received !== before) reject(new Error('it went on while it was paused'));
            controller.resume();
          }, 20);
        },
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
  expect([received, paused]).toEqual([size, 3]);
});

function closed(socket: Socket | undefined): Promise<void> {
  return until(() => socket?.destroyed === true);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isSo()).toBe(true);
}
