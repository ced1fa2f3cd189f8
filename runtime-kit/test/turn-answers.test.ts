import { connect } from 'node:net';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { endWithTurn, type Handler } from '../src';
import { cleanUp, eventually, send, startServer } from './fixture';

afterEach(cleanUp);

const WORDS = 'all of it';

function answer(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': WORDS.length });
  endWithTurn(response, WORDS);
}

describe('answers that go out at the end of a turn', () => {
  it('are whole, whatever comes behind their request', async () => {
    const handler: Handler = (_request, response) => answer(response);
    const { port, lines } = await startServer({ '/x': { GET: handler } });
    const socket = connect(port, '127.0.0.1');
    socket.end('GET /x HTTP/1.1\r\nhost: x\r\n\r\nno request at all\r\n\r\n');
    const received = await text(socket);
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received).toMatch(new RegExp(`${WORDS}$`));
    await eventually(() => lines.length > 0);
    expect(lines[0]).toMatchObject({ event: 'request', status: 200 });
    expect(lines[0]).not.toHaveProperty('problem');
  });

  it('reach their clients though another one has gone', async () => {
    const waiting: ServerResponse[] = [];
    const handler: Handler = (_request, response) => {
      waiting.push(response);
      const [first, second] = waiting;
      if (first === undefined || second === undefined) return;
      waiting.forEach(answer);
      first.destroy();
    };
    const { port, lines } = await startServer({ '/x': { GET: handler } });
    const gone = send(port, { path: '/x' });
    const refused = expect(gone).rejects.toThrow('socket hang up');
    await eventually(() => waiting.length === 1);
    expect(await send(port, { path: '/x' })).toMatchObject({ status: 200, body: WORDS });
    await refused;
    await eventually(() => lines.length === 2);
    expect(lines.filter(({ aborted }) => aborted === true)).toHaveLength(1);
  });
});
