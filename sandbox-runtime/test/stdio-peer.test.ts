import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { PeerError, PeerGone, StdioPeer } from '../src/stdio-peer.js';

const LONGEST = 2000;
const never = new AbortController().signal;

/** A peer, what it has written, and a way to have it read. */
function connected() {
  const input = new PassThrough();
  const output = new PassThrough();
  const heard: string[] = [];
  const broken: string[] = [];
  const peer = new StdioPeer(input, output, LONGEST, {
    onNotification: (method) => void heard.push(method),
    onBroken: (reason) => void broken.push(reason),
  });
  const written = () =>
    String(input.read() ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, any>);
  const read = async (bytes: Buffer | string) => {
    output.write(bytes);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { peer, written, read, heard, broken };
}

const line = (message: object) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
const ask = (peer: StdioPeer, params = {}, signal = never) => peer.request('tools/call', params, { signal });

describe('a client of MCP over stdio', () => {
  it('gives each request an id of its own, and each answer to its request, in whatever order they come', async () => {
    const { peer, written, read } = connected();
    const answers = Promise.all([ask(peer, { a: 1 }), ask(peer, { a: 2 })]);
    expect(written()).toEqual([
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { a: 1 } },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { a: 2 } },
    ]);
    await read(line({ id: 2, result: 'two' }) + line({ id: 1, result: 'one' }));
    expect(await answers).toEqual(['one', 'two']);
  });

  it('understands messages however they are cut, and passes over what is none', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constant(undefined)), { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        async (texts, cuts) => {
          const { peer, read } = connected();
          const asked = texts.filter((text) => text !== undefined);
          const answers = Promise.all(asked.map(() => ask(peer)));
          let id = 0;
          const lines = texts.map((text) => {
            return text === undefined ? 'not a message, é\n\n[1]\n"x"\nnull\n' : line({ id: (id += 1), result: text });
          });
          let rest = Buffer.from(lines.join(''));
          for (const cut of cuts) {
            await read(rest.subarray(0, cut));
            rest = rest.subarray(cut);
          }
          await read(rest);
          expect(await answers).toEqual(asked);
        },
      ),
      { numRuns: 200 },
    ));

  it('is not disturbed by answers that nobody waits for', async () => {
    const { peer, read, broken } = connected();
    const answer = ask(peer);
    await read(line({ id: 7, result: 'x' }) + line({ id: '1', result: 'x' }) + line({ id: null, error: {} }));
    await read(line({ id: 1, result: 'mine' }) + line({ id: 1, result: 'again' }));
    expect(await answer).toBe('mine');
    expect(broken).toEqual([]);
  });

  it('throws the error of the other side, shortened', async () => {
    const { peer, read } = connected();
    const answer = ask(peer).catch((error: unknown) => error);
    await read(line({ id: 1, error: { code: -32602, message: 'x'.repeat(1000) } }));
    expect(await answer).toMatchObject({ name: 'PeerError', code: -32602 });
    const odd = ask(peer).catch((error: unknown) => error);
    await read(line({ id: 2, error: { code: 'x' } }));
    expect(await odd).toBeInstanceOf(PeerError);
  });

  it('answers ping, offers nothing else, and tells of notifications', async () => {
    const { written, read, heard } = connected();
    await read(line({ id: 'a', method: 'ping' }) + line({ id: 'b', method: 'sampling/createMessage', params: {} }));
    expect(written()).toMatchObject([
      { id: 'a', result: {} },
      { id: 'b', error: { code: -32601 } },
    ]);
    await read(line({ method: 'notifications/tools/list_changed' }));
    expect(heard).toEqual(['notifications/tools/list_changed']);
  });

  it('asks for progress where somebody listens, and gives it to nobody else', async () => {
    const { peer, written, read } = connected();
    const told: unknown[] = [];
    const params = { _meta: { progressToken: 'of the caller' } };
    const answer = peer.request('tools/call', params, { signal: never, onProgress: (each) => void told.push(each) });
    const other = ask(peer);
    expect(written().map(({ params: { _meta } }) => _meta as unknown)).toEqual([{ progressToken: 1 }, undefined]);
    for (const progressToken of [1, 2, 'of the caller', undefined]) {
      await read(line({ method: 'notifications/progress', params: { progressToken, progress: 1 } }));
    }
    await read(line({ method: 'notifications/progress' }) + line({ id: 1, result: 1 }) + line({ id: 2, result: 2 }));
    expect(await Promise.all([answer, other])).toEqual([1, 2]);
    expect(told).toEqual([{ progressToken: 1, progress: 1 }]);
  });

  it('cancels one request, of which a late answer is nobody’s', async () => {
    const { peer, written, read } = connected();
    const leaving = new AbortController();
    const left = ask(peer, {}, leaving.signal);
    const other = ask(peer);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(written().at(-1)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1 },
    });
    await read(line({ id: 1, result: 'late' }) + line({ id: 2, result: 'other' }));
    expect(await other).toBe('other');
    await expect(ask(peer, {}, leaving.signal)).rejects.toThrow('gone');
  });

  it('fails all that waits when a line is longer than it takes, or the other side is gone', async () => {
    const long = connected();
    const waiting = ask(long.peer).catch((error: unknown) => error);
    await long.read('x'.repeat(LONGEST));
    expect(long.broken).toEqual([]);
    await long.read('x');
    expect(long.broken).toEqual([`a message of it is longer than ${LONGEST} bytes`]);
    expect(await waiting).toBeInstanceOf(PeerGone);
    const ended = connected();
    const left = ask(ended.peer).catch((error: unknown) => error);
    ended.peer.end('it has ended');
    expect(await left).toEqual(new PeerGone('it has ended'));
    await expect(ask(ended.peer)).rejects.toThrow('it has ended');
  });

  it('gives up on one that does not read', async () => {
    const { peer, broken } = connected();
    const answers = Array.from({ length: 20 }, () => ask(peer, { text: 'x'.repeat(1024 * 1024) }));
    const ends = await Promise.allSettled(answers);
    expect(broken[0]).toBe('it does not read what it is sent');
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['rejected']));
  });
});
