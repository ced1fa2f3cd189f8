import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { problemOf, type InvokeResponse, type StreamEvent } from 'agentyard/contract';
import { runInvoke, type InvokeOptions } from '../src/invoke/run';

const CALL = { id: '1', toolset: 'logs', tool: 'search', input: { query: 'error' } };
const RESPONSE: InvokeResponse = {
  requestId: 'r1',
  agent: 'support',
  output: 'Two.',
  stopReason: 'completed',
  turns: 2,
  toolCalls: [{ ...CALL, output: '2', isError: false, durationMs: 12 }],
  usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
};
const EVENTS: StreamEvent[] = [
  { type: 'started', requestId: 'r1', agent: 'support' },
  { type: 'turn-started', turn: 1 },
  { type: 'text-delta', text: 'I look.' },
  { type: 'tool-started', ...CALL },
  { type: 'tool-finished', ...CALL, output: '2', isError: false, durationMs: 12 },
  { type: 'turn-started', turn: 2 },
  { type: 'text-delta', text: 'Two ' },
  { type: 'text-delta', text: 'errors.' },
  { type: 'completed', response: RESPONSE },
];

describe('agentyard invoke', () => {
  let server: Server;
  let answer: (response: ServerResponse, request: IncomingMessage) => void;
  let seen: { readonly headers: IncomingMessage['headers']; readonly url?: string; readonly body: unknown };
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    color: false,
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      void json(request).then((body) => {
        seen = { headers: request.headers, url: request.url, body };
        answer(response, request);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  beforeEach(() => {
    out.length = 0;
    err.length = 0;
    delete process.env.AGENTYARD_API_KEY;
  });

  afterAll(() => {
    delete process.env.AGENTYARD_API_KEY;
    server.closeAllConnections();
    server.close();
  });

  const send = (response: ServerResponse, events: readonly StreamEvent[]) => {
    for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const streams =
    (events: readonly StreamEvent[]) =>
    (response: ServerResponse): void => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      send(response, events);
      response.end();
    };
  const invoke = (options: Partial<InvokeOptions> = {}, signal = new AbortController().signal) => {
    const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return runInvoke({ agent: 'support', question: 'How many errors?', gateway, ...options }, terminal, signal);
  };

  it('shows the tool calls and what the agent says, and sends key and session', async () => {
    process.env.AGENTYARD_API_KEY = 'key-of-the-test';
    answer = streams(EVENTS);
    expect(await invoke({ session: 's1' })).toBe(0);
    expect(out.join('')).toBe(
      'support:\n\nI look.\n  tool logs/search {"query":"error"} done in 12 ms\n\nTwo errors.\n',
    );
    expect(seen).toMatchObject({
      url: '/v1/invoke',
      headers: { authorization: 'Bearer key-of-the-test', accept: 'text/event-stream' },
      body: { agent: 'support', input: 'How many errors?', sessionId: 's1' },
    });
  });

  it('shows it as it comes', async () => {
    let goOn = (): void => undefined;
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      send(response, EVENTS.slice(0, 7));
      goOn = () => {
        send(response, EVENTS.slice(7));
        response.end();
      };
    };
    const asked = invoke();
    while (!out.join('').endsWith('Two ')) await new Promise((resolve) => setTimeout(resolve, 5));
    goOn();
    expect(await asked).toBe(0);
    expect(out.join('')).toContain('Two errors.\n');
  });

  it('prints the events, a line each, when asked for JSON', async () => {
    answer = streams(EVENTS);
    expect(await invoke({ json: true })).toBe(0);
    const lines = out.join('').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(EVENTS);
  });

  it('ends with 2 and the limit when the answer ended there', async () => {
    const response = { ...RESPONSE, stopReason: 'max-cost' as const };
    answer = streams([...EVENTS.slice(0, -1), { type: 'completed', response }]);
    expect(await invoke()).toBe(2);
    expect(out.join('')).toContain('\n  ended early: max-cost\n');
  });

  it('ends with 3 and what waits when calls have to be approved, and goes on with them', async () => {
    const approval = { id: 'a-1', expiresAt: '2026-11-28T10:00:00.000Z', calls: [CALL] };
    const response = { ...RESPONSE, sessionId: 's1', stopReason: 'approval-required' as const, approval };
    answer = streams([EVENTS[0]!, { type: 'completed', response }]);
    expect(await invoke({ session: 's1' })).toBe(3);
    expect(out.join('')).toBe(
      'support:\n' +
        '  waits for approval: logs/search {"query":"error"}\n' +
        '  until 2026-11-28T10:00:00.000Z: agentyard approvals approve support a-1\n' +
        '  then: agentyard invoke support --resume --session s1\n',
    );
    answer = streams(EVENTS);
    expect(await invoke({ question: undefined, resume: true, session: 's1' })).toBe(0);
    expect(seen).toMatchObject({ url: '/v1/resume', body: { agent: 'support', sessionId: 's1' } });
    expect(seen.body).not.toHaveProperty('input');
    expect(await invoke({ resume: true, session: 's1' })).toBe(1);
    expect(await invoke({ question: undefined, resume: true })).toBe(1);
    expect(err.join('')).toMatch(/leave the question out\n.*with --session\n/s);
  });

  it('lets nothing that comes steer the terminal', async () => {
    answer = streams([EVENTS[0]!, { type: 'text-delta', text: 'a\u001b[2Jb\r\n\tc\u200Dd' }, EVENTS.at(-1)!]);
    await invoke();
    expect(out.join('')).toBe('support:\n\na\uFFFD[2Jb\n\tc\u200Dd\n');
    answer = streams([{ type: 'failed', problem: problemOf('model-failed', { detail: 'x\u001b[2Jy' }) }]);
    expect(await invoke()).toBe(1);
    expect(err.join('')).toContain('x\uFFFD[2Jy');
  });

  it('ends with 1 and the problem of the gateway', async () => {
    answer = (response) => {
      const detail = 'support has none';
      response.writeHead(503, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(problemOf('agent-unavailable', { detail, requestId: 'r2' })));
    };
    expect(await invoke()).toBe(1);
    expect(err.join('')).toMatch(/^error: .*: support has none \(agent-unavailable, request r2\)\n$/);
  });

  it.each<[what: string, events: StreamEvent[], message: RegExp]>([
    [
      'fails',
      [EVENTS[0]!, { type: 'failed', problem: problemOf('model-failed', { detail: 'status 500', requestId: 'r3' }) }],
      /^error: .*: status 500 \(model-failed, request r3\)\n$/,
    ],
    ['breaks off', EVENTS.slice(0, 4), /^error: the answer broke off\n$/],
    ['is not of the contract', [{ type: 'started' } as StreamEvent], /^error: .*\$\.agent/s],
  ])('ends with 1 when an answer that has begun %s', async (_, events, message) => {
    answer = streams(events);
    expect(await invoke()).toBe(1);
    expect(err.join('')).toMatch(message);
  });

  it('says what is wrong with what it was given', async () => {
    answer = (response) => response.end('<html>');
    expect(await invoke()).toBe(1);
    expect(err.join('')).toContain('is this the address of a gateway?');
    err.length = 0;
    expect(await invoke({ gateway: 'localhost:8080' })).toBe(1);
    expect(err.join('')).toBe('error: --gateway localhost:8080: give the http or https URL of a gateway\n');
    err.length = 0;
    expect(await invoke({ question: ' ' })).toBe(1);
    expect(err.join('')).toContain('there is no question');
    err.length = 0;
    expect(await invoke({ gateway: 'http://127.0.0.1:1' })).toBe(1);
    expect(err.join('')).toMatch(/^error: the gateway http:\/\/127.0.0.1:1 does not answer: .*\n$/);
  });

  it('takes a key without what ends its line, and shows none that cannot be one', async () => {
    answer = streams(EVENTS);
    process.env.AGENTYARD_API_KEY = 'key-of-the-test\n';
    expect(await invoke()).toBe(0);
    expect(seen.headers.authorization).toBe('Bearer key-of-the-test');
    process.env.AGENTYARD_API_KEY = '';
    expect(await invoke()).toBe(0);
    expect(seen.headers.authorization).toBeUndefined();
    process.env.AGENTYARD_API_KEY = 'first-line\nsecond-line';
    expect(await invoke()).toBe(1);
    process.env.AGENTYARD_API_KEY = '';
    expect(await invoke({ gateway: 'http://me:secret-word@localhost:8080' })).toBe(1);
    expect(err.join('')).toBe(
      'error: AGENTYARD_API_KEY holds what no key or token has\n' +
        'error: --gateway: put the key into AGENTYARD_API_KEY, not into the URL\n',
    );
  });

  it('asks below the path of the gateway’s URL', async () => {
    answer = streams(EVENTS);
    const { port } = server.address() as AddressInfo;
    expect(await invoke({ gateway: `http://127.0.0.1:${port}/agents/` })).toBe(0);
    expect(seen.url).toBe('/agents/v1/invoke');
  });

  it('leaves when it is told to', async () => {
    const leaving = new AbortController();
    let closed = (): void => undefined;
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    answer = (response) => {
      response.once('close', closed);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      send(response, EVENTS.slice(0, 3));
    };
    const asked = invoke({}, leaving.signal);
    while (!out.join('').includes('I look.')) await new Promise((resolve) => setTimeout(resolve, 5));
    leaving.abort();
    expect(await asked).toBe(130);
    await isClosed;
  });
});
