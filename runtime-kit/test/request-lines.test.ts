import fc from 'fast-check';
import { createLogger } from '../src';
import { RequestLines } from '../src/request-lines';
import { keptLog } from './fixture';

/** The line without its time, by each of the two ways. */
function bothLines(fields: Readonly<Record<string, unknown>>): readonly [string | undefined, string | undefined] {
  const lines: string[] = [];
  const log = createLogger(
    { component: 'test', name: 'kit', namespace: 'here' },
    { write: (line) => void lines.push(line.replace(/"time":"[^"]+"/, '"time":""')) },
  );
  new RequestLines(log).write('request-1', fields, 'request');
  log.child({ requestId: 'request-1' }).info(fields, 'request');
  return [lines[0], lines[1]];
}

describe('RequestLines', () => {
  it('writes the bytes that a child logger writes, whatever the fields are', () => {
    const text = fc.string({ unit: 'binary' });
    const value = fc.oneof(text, fc.double(), fc.boolean(), fc.constant(undefined), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(text, fc.constantFrom('token', 'msg')), value), (fields) => {
        const [own, child] = bothLines(fields);
        expect(own).toBe(child);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no fields', {}],
    ['a secret', { event: 'request', token: 'canary' }],
    ['a secret inside', { inner: { password: 'canary' } }],
    ['an error', { err: new Error('boom') }],
  ])('writes the same line for %s', (_, fields) => {
    const [own, child] = bothLines(fields);
    expect(own).toBe(child);
    expect(own).not.toContain('canary');
  });

  it('makes loggers that write what a child of pino writes, and their children too', () => {
    const { lines, log } = keptLog();
    for (const child of [new RequestLines(log).loggerFor('request-1'), log.child({ requestId: 'request-1' })]) {
      child.warn({ event: 'seen' }, 'hello');
      child.child({ token: 'canary', caller: 'a' }).error({ err: new Error('boom') });
    }
    const [line, grandchildLine, ...asPino] = lines.map((each) => ({ ...each, time: '', err: undefined }));
    expect([line, grandchildLine]).toEqual(asPino);
    expect(grandchildLine).toMatchObject({ requestId: 'request-1', token: '[redacted]', caller: 'a' });
  });

  it('writes nothing when such lines are not asked for', () => {
    const lines: string[] = [];
    const log = createLogger(
      { component: 'test', name: 'kit', namespace: 'here' },
      { write: (line) => void lines.push(line) },
    );
    log.level = 'warn';
    new RequestLines(log).write('request-1', { event: 'request' }, 'request');
    expect(lines).toEqual([]);
  });
});
