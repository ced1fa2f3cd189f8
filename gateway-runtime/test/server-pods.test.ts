import { createServer as createPlainServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { certificateFor } from '../../runtime-kit/test/test-certificate';
import { cleanUp, documentOf, eventually, logLine, onCleanUp, startTestGateway, type TestGateway } from './fixture';

afterEach(cleanUp);

const SERVICE = 'foreign.others.svc';
const [right, wrong] = [certificateFor(SERVICE), certificateFor('elsewhere')];

/** How a pod takes connections. */
type Listening = (listener: RequestListener) => TcpServer;

const behindTls: Listening = (listener) => createServer(right, listener);

/** What comes to an address while there is nobody who should be there. */
const STRANGERS: readonly [string, Listening][] = [
  ['has a certificate for another host', (listener) => createServer({ ...wrong }, listener)],
  ['has no TLS', (listener) => createPlainServer(listener)],
  ['breaks connections off before there is TLS', () => createTcpServer((socket) => void socket.destroy())],
  ['ends connections before there is TLS', () => createTcpServer((socket) => void socket.resume().end())],
];

/** A pod of an MCP server of the era with sessions, which has a tool that says which pod it is. */
class Pod {
  public static async start(name: string): Promise<Pod> {
    const pod = new Pod(name);
    await pod.open();
    onCleanUp(() => pod.close());
    return pod;
  }

  public calls = 0;
  /** How it answers calls. @default - by its name */
  public answerCall: ((response: ServerResponse) => void) | undefined;
  private port = 0;
  private server: ReturnType<Listening> | undefined;

  private constructor(private readonly name: string) {}

  public get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Listens, at the address that it had before if it had one. */
  public async open(listening: Listening = behindTls): Promise<void> {
    const server = (this.server = listening(this.listener));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    ({ port: this.port } = server.address() as AddressInfo);
  }

  /** Ends as a process does that is killed. */
  public async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    if ('closeAllConnections' in server) (server as Server).closeAllConnections();
    await closed;
  }

  private readonly listener: RequestListener = (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      if (request.method !== 'POST') return void response.writeHead(405).end();
      const { id, method } = JSON.parse(text) as { id?: number; method: string };
      if (id === undefined) return void response.writeHead(202).end();
      if (method === 'tools/call') this.calls += 1;
      if (method === 'tools/call' && this.answerCall !== undefined) return this.answerCall(response);
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ jsonrpc: '2.0', id, result: this.resultOf(method) }));
    });
  };

  private resultOf(method: string): object {
    if (method === 'initialize') {
      const serverInfo = { name: 'foreign', version: '1' };
      return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
    }
    if (method === 'tools/list') return { tools: [{ name: 'who', inputSchema: { type: 'object' } }] };
    return { content: [{ type: 'text', text: this.name }] };
  }
}

async function start(pods: readonly Pod[]): Promise<TestGateway> {
  const tls = { caFile: '/etc/agentyard/up/ca.crt' };
  const endpoint = { by: 'pods' as const, host: SERVICE, port: 8443, path: '/mcp', tls };
  const outlierDetection: GatewayDocumentInput['outlierDetection'] = {
    consecutiveFailures: 1,
    baseEjectionMs: 300_000,
    probe: { intervalMs: 10 },
  };
  return startTestGateway({
    document: documentOf({
      mcpServers: [{ name: 'foreign', endpoint, timeoutMs: 10_000, otherTools: '*' }],
      outlierDetection,
    }),
    hosts: { [`${SERVICE}:8443`]: pods.map(({ address }) => address) },
    files: { 'up/ca.crt': `${right.cert}${wrong.cert}` },
    // Ties go to the first pod.
    sources: { random: () => 0 },
  });
}

function send(gateway: TestGateway, message: object, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  });
}

const CALL = { method: 'tools/call', params: { name: 'foreign__who', arguments: {} } };

/** What the tool says to clients without a session, some calls long. */
async function said(gateway: TestGateway, count: number): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for (let i = 0; i < count; i += 1) {
    const text = await (await send(gateway, CALL)).text();
    all.push(/"text":"(.*?[^\\])"/.exec(text)?.[1] ?? text);
  }
  return all;
}

describe('a pod of a server behind TLS', () => {
  let [first, second]: Pod[] = [];
  let gateway: TestGateway;

  beforeEach(async () => {
    [first, second] = [await Pod.start('first'), await Pod.start('second')];
    gateway = await start([first, second]);
    expect(await said(gateway, 2)).toEqual(['first', 'first']);
  });

  it('that dies loses no call of a client without a session, and serves again when it is back', async () => {
    await first!.close();
    expect(await said(gateway, 3)).toEqual(['second', 'second', 'second']);
    const pod = `https://${first!.address}`;
    expect(await logLine(gateway, 'pod-ejected')).toMatchObject({ service: SERVICE, pod, reason: 'unreachable' });
    await first!.open();
    expect(await logLine(gateway, 'pod-returned')).toMatchObject({ pod, answers: true });
    // Its session at the other one is kept.
    expect(await said(gateway, 1)).toEqual(['second']);
    await second!.close();
    expect(await said(gateway, 3)).toEqual(['first', 'first', 'first']);
  });

  it.each(STRANGERS)('in whose place another %s is left out until it is back', async (_, stranger) => {
    await first!.close();
    await first!.open(stranger);
    expect(await said(gateway, 3)).toEqual(['second', 'second', 'second']);
    expect(await logLine(gateway, 'pod-ejected')).toMatchObject({ reason: 'unreachable' });
    expect(first!.calls).toBe(2);
    await first!.close();
    await first!.open();
    await logLine(gateway, 'pod-returned');
    await second!.close();
    expect(await said(gateway, 1)).toEqual(['first']);
  });

  it('that dies ends the sessions of its clients, who begin anew at another', async () => {
    const begin = async () => {
      const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
      const answer = await send(gateway, { method: 'initialize', params });
      await answer.text();
      const session = { 'mcp-session-id': answer.headers.get('mcp-session-id') ?? '' };
      return async () => {
        const called = await send(gateway, CALL, session);
        return [called.status, /"text":"(\w+)"/.exec(await called.text())?.[1]];
      };
    };
    const before = await begin();
    expect(await before()).toEqual([200, 'first']);
    await first!.close();
    expect(await before()).toEqual([404, undefined]);
    const after = await begin();
    expect(await after()).toEqual([200, 'second']);
  });

  it('that dies while it answers has a call once at most', async () => {
    first!.answerCall = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('id: 1\nretry: 50\ndata:\n\n', () => void first!.close());
    };
    expect(await said(gateway, 1)).toEqual([expect.stringContaining('may have had its effect')]);
    expect([first!.calls, second!.calls]).toEqual([3, 0]);
    await eventually(async () => (await said(gateway, 1))[0] === 'second');
  });
});
