import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { fuzz } from '../../../runtime-kit/test/fuzz/fuzz';
import { agent, byAgent, cleanUp, documentOf, startAgent } from '../fixture';
import { requestOf, sendRaw } from '../raw-connection';
import { startGatewayProcess, type GatewayProcess } from '../security/gateway-process';
import { startToolset, toolset } from '../toolset-fixture';

let gateway: GatewayProcess;
const seen = new Set<number>();

beforeAll(async () => {
  const [support, logs] = [await startAgent('support'), await startToolset('logs')];
  gateway = await startGatewayProcess({
    document: documentOf({
      agents: [agent('support')],
      routes: [byAgent('support')],
      toolsets: [toolset('logs', ['echo'])],
      intake: { jsonDepth: 16, jsonMembers: 100 },
      maxBodyBytes: 10_000,
    }),
    hosts: { 'support-pods:8080': [support.address], 'logs-pods:8080': [logs.address] },
  });
});

afterAll(cleanUp);

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const CALL = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'echo', arguments: { text: 'hi' }, _meta: META },
};
const MODERN = ['mcp-protocol-version: 2026-07-28', 'mcp-method: tools/call', 'mcp-name: echo'];

const whole = (path: string, body: string, more: readonly string[] = []): Buffer =>
  requestOf(
    path,
    ['host: localhost', 'content-type: application/json', ...more, `content-length: ${Buffer.byteLength(body)}`],
    body,
  );

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const CHUNKED = ['host: localhost', 'content-type: application/json', 'transfer-encoding: chunked'];

/** Requests that are answered with 200 as they are. */
const GOOD = [
  whole('/v1/invoke', '{"agent":"support","input":"hi"}'),
  whole('/mcp', JSON.stringify(CALL), MODERN),
  whole('/mcp', JSON.stringify(LIST)),
  whole('/mcp', JSON.stringify([LIST, { ...LIST, id: 2 }])),
  requestOf('/mcp', CHUNKED, '29\r\n{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n0\r\n\r\n'.replace('29', '28')),
  whole('/mcp', '{"jsonrpc":"2.0","id":1,"method":"ping"}', ['connection: keep-alive']),
];

/** What requests are made of, and what two servers in a row may read differently. */
const PIECES = [
  '\r\n', '\n', '\r\n\r\n', ' ', '\t', '\0', ':', '{', '}', '[', '"', '\\', '\\u0000', '1e999', '-1', 'null', '__proto__',
  'GET ', 'HTTP/1.1', 'HTTP/1.0', 'host: x\r\n', 'content-length: 5\r\n', 'transfer-encoding: chunked\r\n', 'expect: 100-continue\r\n',
  'connection: close\r\n', 'upgrade: h2c\r\n', 'mcp-session-id: x\r\n', 'authorization: Bearer x\r\n', 'origin: null\r\n', '../', '//', '?', '#',
  '%00', 'é', '\u00ff\u00fe', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\u0016\u0003\u0001',
]; // prettier-ignore

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...PIECES).map((text) => Buffer.from(text, 'latin1')) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
);
const edits = fc.array(fc.tuple(fc.nat(), fc.nat(8), piece), { minLength: 1, maxLength: 3 });

/** A good request with some of its bytes replaced, and something behind it. */
const mutated = fc
  .tuple(fc.constantFrom(...GOOD), edits, fc.constantFrom(Buffer.alloc(0), ...GOOD))
  .map(([good, changes, next]) => {
    let bytes: Buffer = good;
    for (const [at, gone, by] of changes) {
      const place = at % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, place), by, bytes.subarray(place + gone)]);
    }
    return Buffer.concat([bytes, next]);
  });
const noise = fc.array(piece, { maxLength: 20 }).map((pieces) => Buffer.concat(pieces));

/** How long nothing may come back until it is said that no more is sent, in milliseconds: half a request is waited for. */
const QUIET_MS = 5;

/** Sends bytes, and leaves when nothing comes back any more. @returns all that came back */
function exchange(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket: Socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.write(bytes));
    const leaving = setTimeout(() => socket.end(), 2 * QUIET_MS);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      leaving.refresh();
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(leaving);
        resolve(Buffer.concat(chunks).toString('latin1'));
      });
  });
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The answers on a connection, one behind the other. @throws Error for what is no answer */
function answersIn(text: string): Answer[] {
  const answers: Answer[] = [];
  for (let rest = text; rest !== '';) {
    const [head, status] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[!-9;-~]+: [^\r\n]*\r\n)*\r\n/.exec(rest) ?? [];
    if (head === undefined) throw new Error(`no answer: ${JSON.stringify(rest.slice(0, 200))}`);
    rest = rest.slice(head.length);
    const isEmpty = status === '100' || status === '202' || status === '204';
    const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? (isEmpty ? 0 : rest.length));
    const type = /^content-type: ([^;\r]*)/im.exec(head)?.[1] ?? '';
    answers.push({ status: Number(status), type, body: rest.slice(0, length) });
    rest = rest.slice(length);
  }
  return answers;
}

it('whatever bytes come, the answers are well-formed, none is a fault of ours, and the next request is served', () =>
  fuzz(
    fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: noise }), async (bytes) => {
      for (const { status, type, body } of answersIn(await exchange(bytes))) {
        seen.add(status);
        expect(status).toBeLessThan(500);
        if (/json/.test(type) && body !== '')
          expect(typeof JSON.parse(Buffer.from(body, 'latin1').toString('utf8'))).toBe('object');
      }
      expect(gateway.isRunning()).toBe(true);
    }),
  ).then(async () => {
    for (const good of GOOD) expect((await sendRaw(gateway.url, good)).status).toBe(200);
    // Else the bytes would be too odd for any of them to get past the door.
    expect([...seen].sort()).toEqual(expect.arrayContaining([200, 400, 404, 415, 421]));
    expect(gateway.lines().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  }));
