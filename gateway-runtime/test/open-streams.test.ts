import { OpenStreams } from '../src/open-streams';
import type { AuditTrail } from '../src/pipeline/audit';
import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  logLine,
  startServer,
  startTestGateway,
} from './fixture';

afterEach(cleanUp);

const AUDIT = { deny: () => undefined } as unknown as AuditTrail;

describe('OpenStreams', () => {
  it('counts each stream until it ends, however often that is said', () => {
    const streams = new OpenStreams();
    const limits = { streams: 3, streamsPerUser: 2 };
    const open = (user: string | undefined) => streams.open(user, limits, AUDIT);
    const end = open('alice');
    open('alice');
    expect(() => open('alice')).toThrow('A user may have 2 streams at once.');
    open('bob');
    expect(() => open('bob')).toThrow('There may be 3 streams at once.');
    end();
    end();
    expect(streams.count).toBe(2);
    open('alice');
    expect(streams.count).toBe(3);
  });
});

describe('streams of agents', () => {
  async function startStreaming(intake: { streams?: number; streamsPerUser?: number }) {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: turn-started\ndata: {"type":"turn-started","turn":1}\n\n');
    });
    const keys = ['alice0001', 'bob000001'].map((id) => apiKey(id));
    const gateway = await startTestGateway({
      document: documentOf({ auth: API_KEYS, intake, agents: [agent('support')], routes: [byAgent('support')] }),
      hosts: { 'support-pods:8080': [server.address] },
      keys: { alice: keys[0]?.file ?? '', bob: keys[1]?.file ?? '' },
    });
    const ask = async (user: 0 | 1, accept = 'text/event-stream') => {
      const controller = new AbortController();
      const answer = await fetch(`${gateway.url}/v1/invoke`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, 'x-api-key': keys[user]?.key ?? '' },
        body: '{"agent":"support","input":"hi"}',
        signal: controller.signal,
      });
      return { answer, leave: () => controller.abort() };
    };
    return { gateway, server, ask };
  }

  it('are limited for each user, and again free when one ends', async () => {
    const { ask, gateway, server } = await startStreaming({ streamsPerUser: 1 });
    const first = await ask(0);
    expect(first.answer.status).toBe(200);
    const second = await ask(0);
    expect([second.answer.status, await second.answer.json()]).toMatchObject([429, { code: 'streams-exhausted' }]);
    expect(second.answer.headers.get('retry-after')).toBe('5');
    expect(gateway.logs.findLast(({ event }) => event === 'decision')).toMatchObject({
      decision: 'denied',
      reason: 'streams-exhausted',
    });
    expect(server.requests).toHaveLength(1);
    expect((await ask(1)).answer.status).toBe(200);
    first.leave();
    await logLine(gateway, 'request');
    await eventually(async () => (await ask(0)).answer.status === 200);
  });

  it('are limited altogether', async () => {
    const { ask } = await startStreaming({ streams: 1 });
    expect((await ask(0)).answer.status).toBe(200);
    const { answer } = await ask(1);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'intake-exhausted' }]);
  });
});
