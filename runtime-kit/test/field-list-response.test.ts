import {
  createServer,
  request,
  ServerResponse,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { FieldListResponse } from '../src/field-list-response';

const servers: Server[] = [];

afterEach(() => servers.splice(0).forEach((server) => server.close()));

type Answering = (response: ServerResponse) => void;

/** What a client gets of an answer: its status line, its fields as they were sent, and its body. */
async function answerOf(Response: typeof ServerResponse, answering: Answering) {
  const listener: RequestListener = (_request, response) => answering(response);
  const server = createServer({ ServerResponse: Response }, listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', agent: false }, resolve).on('error', reject).end();
  });
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  const fields: string[] = [];
  const { rawHeaders, statusCode, statusMessage } = answer;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i] !== 'Date') fields.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  return { statusCode, statusMessage, fields: fields.sort(), body: Buffer.concat(pieces).toString() };
}

const ANSWERS: Record<string, Answering> = {
  'fields that are set, and a head with more': (response) => {
    response.setHeader('x-request-id', '7');
    response.setHeader('ratelimit', '"a";r=1;t=2');
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': 2 });
    response.end('{}');
  },
  'fields alone': (response) => {
    response.setHeader('x-request-id', '7');
    response.end('body');
  },
  'a head alone, with words of its own': (response) => void response.writeHead(404, 'Gone Fishing').end(),
  'words and headers': (response) => void response.writeHead(404, 'Gone', { 'x-a': '1' }).end(),
  'a field that is set again, in another case': (response) => {
    response.setHeader('X-A', '1');
    response.setHeader('x-a', '2');
    response.end();
  },
  'a field that the head has too': (response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{}');
  },
  'several values': (response) => {
    response.setHeader('x-a', '1');
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    const headers: OutgoingHttpHeaders = { link: ['<a>', '<b>'] };
    response.writeHead(200, headers);
    response.end();
  },
  'a head as a list': (response) => {
    response.setHeader('x-a', '1');
    response.writeHead(200, ['X-A', '2', 'x-b', '3']);
    response.end();
  },
  'fields that are read, added to and taken back': (response) => {
    response.setHeader('x-a', '1');
    response.setHeader('x-b', '2');
    response.setHeader('x-c', 3);
    response.removeHeader('X-B');
    response.appendHeader('x-a', '4');
    response.setHeader('x-names', response.getHeaderNames().join());
    response.setHeader('x-all', JSON.stringify(response.getHeaders()));
    response.setHeader('x-one', `${String(response.getHeader('X-A'))} ${response.hasHeader('x-b')}`);
    response.end();
  },
  'the end of the connection': (response) => {
    response.setHeader('connection', 'close');
    response.setHeader('x-a', '1');
    response.writeHead(204).end();
  },
  'a head that goes out before the body': (response) => {
    response.setHeader('x-a', '1');
    response.flushHeaders();
    response.end('late');
  },
};

it.each(Object.keys(ANSWERS))('answers as a response of Node does: %s', async (name) => {
  const answering = ANSWERS[name]!;
  const own = await answerOf(FieldListResponse, answering);
  expect(own).toEqual(await answerOf(ServerResponse, answering));
  expect(own.fields).not.toEqual([]);
});

const INVALID: Record<string, [name: string, value: string]> = {
  'a value that ends its line': ['x-a', '1\r\nx-b: 2'],
  'a name that ends its line': ['x-a\r\nx-b', '2'],
};

it.each(Object.keys(INVALID))('sends no field with %s', async (name) => {
  const said: string[] = [];
  await answerOf(FieldListResponse as typeof ServerResponse, (response) => {
    try {
      response.setHeader(...INVALID[name]!);
      response.writeHead(200, { 'content-type': 'text/plain' });
    } catch (error) {
      said.push((error as NodeJS.ErrnoException).code ?? '');
      response.destroy();
    }
  }).catch(() => said.push('no answer'));
  expect(said).toEqual([expect.stringMatching(/^ERR_INVALID_(CHAR|HTTP_TOKEN)$/), 'no answer']);
});

it('takes no field once the head is sent', async () => {
  const codes: (string | undefined)[] = [];
  await answerOf(FieldListResponse, (response) => {
    response.setHeader('x-a', '1');
    response.writeHead(200);
    for (const late of [() => response.setHeader('x-b', '2'), () => response.writeHead(200)]) {
      try {
        late();
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code);
      }
    }
    response.end();
  });
  expect(codes).toEqual(['ERR_HTTP_HEADERS_SENT', 'ERR_HTTP_HEADERS_SENT']);
});
