import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { problemOf, type Approval } from 'agentyard/contract';
import { runDecide, runList } from '../src/approvals/run';

const APPROVAL: Approval = {
  id: 'a-1',
  agent: 'clerk',
  user: 'ann\u001b[2J',
  requestedAt: '2026-11-27T10:00:00.000Z',
  expiresAt: '2026-11-28T10:00:00.000Z',
  calls: [{ id: 'c1', toolset: 'orders', tool: 'refund', input: { order: '1001' } }],
};
const DECISION = { approved: false, by: 'eve', at: '2026-11-27T11:00:00.000Z', reason: 'No.' };

describe('agentyard approvals', () => {
  let server: Server;
  let answer: (response: ServerResponse) => void;
  let seen: { readonly method?: string; readonly url?: string; readonly key?: string; readonly body: string };
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    color: false,
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      void text(request).then((body) => {
        seen = { method: request.method, url: request.url, key: request.headers.authorization, body };
        answer(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env.AGENTYARD_API_KEY = 'key-of-the-test';
  });

  beforeEach(() => {
    out.length = 0;
    err.length = 0;
  });

  afterAll(() => {
    delete process.env.AGENTYARD_API_KEY;
    server.closeAllConnections();
    server.close();
  });

  const at = () => ({ agent: 'clerk', gateway: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const { signal } = new AbortController();
  const sends = (body: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(body));

  it('lists what waits, and lets nothing of it steer the terminal', async () => {
    answer = sends({ approvals: [APPROVAL] });
    expect(await runList(at(), terminal, signal)).toBe(0);
    expect(seen).toMatchObject({ method: 'GET', url: '/v1/approvals/clerk', key: 'Bearer key-of-the-test', body: '' });
    expect(out.join('')).toBe(
      'a-1  clerk for ann\uFFFD[2J, since 2026-11-27T10:00:00.000Z, until 2026-11-28T10:00:00.000Z\n' +
        '  c1  orders/refund {"order":"1001"}  waits\n',
    );
    out.length = 0;
    expect(await runList({ ...at(), json: true }, terminal, signal)).toBe(0);
    expect(JSON.parse(out.join(''))).toEqual([APPROVAL]);
  });

  it('sends a decision, and shows what came of it', async () => {
    answer = sends({ ...APPROVAL, calls: [{ ...APPROVAL.calls[0], decision: DECISION }] });
    const decision = { ...at(), id: 'a-1', approved: false, call: ['c1'], reason: 'No.' };
    expect(await runDecide(decision, terminal, signal)).toBe(0);
    expect(JSON.parse(seen.body)).toEqual({ id: 'a-1', approved: false, calls: ['c1'], reason: 'No.' });
    expect(out.join('')).toContain('denied by eve\n');
  });

  it('ends with 1 and the problem of the gateway, or what else is wrong', async () => {
    answer = (response) => {
      response.writeHead(404).end(JSON.stringify(problemOf('approval-unknown', { requestId: 'r1' })));
    };
    expect(await runDecide({ ...at(), id: 'a-2', approved: true }, terminal, signal)).toBe(1);
    expect(err.join('')).toBe('error: Nothing waits for approval here (approval-unknown, request r1)\n');
    for (const body of ['<html>', '{"approvals":[{}]}']) {
      err.length = 0;
      answer = (response) => void response.end(body);
      expect(await runList(at(), terminal, signal)).toBe(1);
      expect(err.join('')).toContain('is this the address of a gateway?');
    }
  });
});
