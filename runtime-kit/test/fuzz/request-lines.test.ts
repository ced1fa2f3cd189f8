import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { RequestLines } from '../../src/request-lines';
import { requestIdOf } from '../../src/request-id';
import { createLogger } from '../../src';
import { fuzz, oddHeader, oddText } from './fuzz';

const PIECES = ['"', '\\', '\n', '\r', '{', '}', 'abc-1', '\u2028', '%0a', '..'];

it('a request id and what a client has sent make one line of JSON, and say nothing else', () => {
  const written: string[] = [];
  const log = createLogger(
    { component: 'test', name: 'x', namespace: 'y' },
    { write: (line: string) => void written.push(line) },
  );
  const lines = new RequestLines(log);
  return fuzz(
    fc.property(oddHeader(...PIECES), oddText(...PIECES), (id, path) => {
      const requestId = requestIdOf({ headers: { 'x-request-id': id } } as unknown as IncomingMessage);
      lines.write(requestId, { event: 'request', path }, 'request');
      const [line = '', ...more] = written.splice(0);
      expect([more, line.indexOf('\n')]).toEqual([[], line.length - 1]);
      const said = JSON.parse(line) as Readonly<Record<string, unknown>>;
      expect([said.event, said.path, said.requestId, said.component]).toEqual(['request', path, requestId, 'test']);
    }),
  );
});
