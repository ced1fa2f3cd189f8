import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { linesOf } from '../tools/log-files';
import { buildSync } from 'esbuild';
import { log_store } from '../tools/log_store';

const SAMPLE = path.join(__dirname, '../sample');

describe('log_store', () => {
  let root: string;
  let outside: string;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'logs-'));
    outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
  });
  afterEach(() => {
    for (const folder of [root, outside]) rmSync(folder, { recursive: true, force: true });
  });

  const ask = (request: Parameters<typeof log_store>[0], data: Record<string, string> = { shop: SAMPLE }) =>
    log_store(request, { data });
  const texts = (answer: Awaited<ReturnType<typeof log_store>>) => answer.lines.map((line) => line.text);

  it('searches a text in any case', async () => {
    const answer = await ask({ operation: 'search', text: 'GATEWAY timeout' });
    expect(answer.matches).toBe(2);
    expect(answer.lines[0]).toEqual({
      source: 'shop',
      file: 'shop.log',
      line: 6,
      time: '2026-11-20T09:03:06.000Z',
      level: 'error',
      text: '2026-11-20 09:03:06 ERROR payment: gateway timeout after 30000 ms, order 10482',
    });
  });

  it('narrows by level and says what it left out', async () => {
    const answer = await ask({ operation: 'search', text: 'order', level: 'info', limit: 2 });
    expect(answer).toMatchObject({ matches: 4, truncated: true });
    expect(answer.lines.map((line) => line.line)).toEqual([2, 4]);
  });

  it('counts by level', async () => {
    const answer = await ask({ operation: 'count' });
    expect(answer).toMatchObject({
      files: 1,
      matches: 12,
      levels: { info: 5, warn: 2, error: 2, fatal: 1, none: 2 },
      lines: [],
    });
    expect(answer.summary).toBe(
      'In 1 log file(s) 12 line(s) match: 5 info, 2 warn, 2 error, 2 without a level, 1 fatal.',
    );
  });

  it('cuts out a range of time, with the lines of a stack trace that belong to it', async () => {
    const answer = await ask({ operation: 'range', from: '2026-11-20T09:03:06Z', to: '2026-11-20T09:03:36Z' });
    expect(answer.lines.map((line) => line.line)).toEqual([6, 7, 8, 9]);
    expect(
      (await ask({ operation: 'range', from: '2026-11-20T10:12:00+01:00' })).lines.map((line) => line.line),
    ).toEqual([12]);
  });

  it('gives the newest lines of all files, by time', async () => {
    writeFileSync(path.join(root, 'a.log'), '2026-01-01T00:00:01Z INFO one\n2026-01-01T00:00:03Z INFO three\n');
    writeFileSync(
      path.join(root, 'b.jsonl'),
      '{"time":"2026-01-01T00:00:02Z","level":"info","msg":"two"}\n{"time":1767225604000,"level":50,"msg":"four"}\n',
    );
    const answer = await ask({ operation: 'tail', limit: 3 }, { logs: root });
    expect(texts(answer).map((text) => /one|two|three|four/.exec(text)?.[0])).toEqual(['two', 'three', 'four']);
    expect(answer.lines[2]).toMatchObject({ level: 'error', time: '2026-01-01T00:00:04.000Z' });
  });

  it('reads files in folders below, by name too, and passes over what is no log', async () => {
    mkdirSync(path.join(root, 'deep/er'), { recursive: true });
    writeFileSync(path.join(root, 'deep/er/x.log'), 'hello\n');
    writeFileSync(path.join(root, 'image.png'), 'hello\n');
    expect((await ask({ operation: 'search', text: 'hello' }, { logs: root })).lines).toHaveLength(1);
    expect((await ask({ operation: 'search', text: 'hello', file: 'deep/er/x.log' }, { logs: root })).matches).toBe(1);
  });

  it('reads a file that is larger than the memory it has', () => {
    const file = path.join(root, 'large.log');
    const chunk = `2026-01-01T00:00:00Z INFO ${'x'.repeat(974)}\n`.repeat(1000);
    for (let i = 0; i < 100; i += 1) appendFileSync(file, chunk);
    const bundle = path.join(root, 'log_store.mjs');
    buildSync({
      entryPoints: [path.join(__dirname, '../tools/log_store.ts')],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const program = `
      import { log_store } from '${bundle}';
      console.log((await log_store({ operation: 'tail', limit: 1 }, { data: { logs: '${root}' } })).matches);
    `;
    const flags = ['--max-old-space-size=48', '--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8', env: {} }).trim()).toBe('100000');
  });

  it.each([
    ['nanoseconds', '{"time":1767225604000000000,"level":"info"}', { time: '2026-01-01T00:00:04.000Z', level: 'info' }],
    ['microseconds', '{"time":1767225604000000}', { time: '2026-01-01T00:00:04.000Z' }],
    ['seconds', '{"ts":1767225604}', { time: '2026-01-01T00:00:04.000Z' }],
    ['a time that no clock shows', '{"time":1e300}', {}],
    ['a level that is a member of every object', '{"level":"constructor"}', {}],
    ['a level that is the prototype', '{"level":"__proto__"}', {}],
  ])('reads a line with %s', async (_, text, expected) => {
    writeFileSync(path.join(root, 'a.log'), `${text}\r\n`);
    const answer = await ask({ operation: 'tail' }, { logs: root });
    expect(answer.lines).toEqual([{ source: 'logs', file: 'a.log', line: 1, text, ...expected }]);
    expect(answer.levels).toEqual({ [answer.lines[0]?.level ?? 'none']: 1 });
  });

  it('reads a file without line ends without holding it', async () => {
    const file = path.join(root, 'endless.log');
    for (let i = 0; i < 50; i += 1) appendFileSync(file, 'x'.repeat(1_000_000));
    const longest = { length: 0 };
    for await (const line of linesOf({ source: 'logs', file, path: file })) longest.length = line.length;
    expect(longest.length).toBeLessThan(1_000_000);
    expect(texts(await ask({ operation: 'tail' }, { logs: root }))).toEqual([`${'x'.repeat(1000)} [cut]`]);
  });

  it('answers for binary files too in less than the output limit of a sandbox', async () => {
    writeFileSync(path.join(root, 'a.log'), Buffer.from(`${'\u0001'.repeat(1100)}\n`.repeat(500)));
    writeFileSync(path.join(root, 'b.log'), Buffer.alloc(1100, 0xff));
    const answer = await ask({ operation: 'tail', limit: 500 }, { logs: root });
    expect(answer.matches).toBe(501);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(1_000_000);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('reads the other files when one cannot be read, and says which', async () => {
    writeFileSync(path.join(root, 'mem'), 'a line\n');
    const answer = await ask({ operation: 'tail', file: 'mem' }, { proc: '/proc/self', logs: root });
    expect(texts(answer)).toEqual(['a line']);
    expect(answer.files).toBe(1);
    expect(answer.summary).toBe('In 1 log file(s) 1 line(s) match: 1 without a level. Not read: proc/mem (EIO).');
  });

  it('says so when there is nothing', async () => {
    expect((await ask({ operation: 'tail' }, { logs: root })).summary).toBe('There are no log files.');
    expect((await ask({ operation: 'search', text: 'nothing like it' })).summary).toBe(
      'In 1 log file(s) no line matches.',
    );
  });

  it.each(['../secret.log', '/etc/passwd', 'a/../../secret.log', 'link.log', 'folder/secret.log'])(
    'never leaves its root: %s',
    async (file) => {
      writeFileSync(path.join(outside, 'secret.log'), 'secret\n');
      symlinkSync(path.join(outside, 'secret.log'), path.join(root, 'link.log'));
      symlinkSync(outside, path.join(root, 'folder'));
      await expect(ask({ operation: 'search', text: 'secret', file }, { logs: root })).rejects.toThrow(
        /is not a path inside a source|there is no file/,
      );
      expect((await ask({ operation: 'search', text: 'secret' }, { logs: root })).matches).toBe(0);
    },
  );

  it.each([
    [{ operation: 'search' }, 'search needs a text'],
    [{ operation: 'range' }, 'range needs from or to'],
    [{ operation: 'range', from: 'yesterday' }, 'from is no time in ISO 8601'],
    [{ operation: 'tail', source: 'other' }, 'there is no source "other"; there are shop'],
  ] as const)('refuses %j', async (request, message) => {
    await expect(ask(request)).rejects.toThrow(message);
  });
});
