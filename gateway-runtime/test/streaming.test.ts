import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import {
  agent,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  outcomeLine,
  startServer,
  startTestGateway,
  type Answer,
  type AgentInput,
} from './fixture';

afterEach(cleanUp);

async function gatewayBeforeAgent(answer: Answer, more: Partial<AgentInput> = {}) {
  const server = await startServer(answer);
  const document = documentOf({ agents: [agent('support', more)], routes: [byAgent('support')] });
  const gateway = await startTestGateway({ document, hosts: { 'support-pods:8080': [server.address] } });
  const controller = new AbortController();
  const ask = () =>
    fetch(`${gateway.url}/v1/invoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ agent: 'support', input: 'hi' }),
      signal: controller.signal,
    });
  return { gateway, server, ask, leave: () => controller.abort() };
}

/** Reads a body piece by piece. */
function reader(answer: Response) {
  const pieces = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  return async (): Promise<string> => (await pieces?.read())?.value ?? '';
}

const begin = (response: ServerResponse, text: string): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
};

describe('streaming', () => {
  it('passes each event on while the agent is still working', async () => {
    let more: (() => void) | undefined;
    const { ask, server } = await gatewayBeforeAgent((_request, response) => {
      begin(response, 'event: turn-started\ndata: {"type":"turn-started","turn":1}\n\n');
      more = () => response.end('event: completed\ndata: {"type":"completed"}\n\n');
    });
    const answer = await ask();
    const read = reader(answer);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(await read()).toBe('event: turn-started\ndata: {"type":"turn-started","turn":1}\n\n');
    expect(server.requests[0]?.headers.accept).toBe('text/event-stream');
    more?.();
    expect(await read()).toBe('event: completed\ndata: {"type":"completed"}\n\n');
    expect(await read()).toBe('');
  });

  it('ends the agent’s request when the client leaves, and says so in the audit line', async () => {
    let left = false;
    const { ask, leave, gateway } = await gatewayBeforeAgent((_request, response) => {
      response.on('close', () => (left = true));
      begin(response, 'data: 1\n\n');
    });
    await reader(await ask())();
    expect(left).toBe(false);
    leave();
    await eventually(() => left);
    const line = await outcomeLine(gateway);
    expect(line).toMatchObject({ aborted: true, agent: 'support' });
    expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('ends the agent’s request when the client leaves before the answer begins', async () => {
    let left = false;
    const { ask, leave, server, gateway } = await gatewayBeforeAgent((_request, response) => {
      response.on('close', () => (left = true));
    });
    const answer = ask().catch((error: Error) => error.name);
    await eventually(() => server.requests.length > 0);
    leave();
    expect(await answer).toBe('AbortError');
    await eventually(() => left);
    expect(await outcomeLine(gateway)).toMatchObject({ aborted: true });
    expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('holds the agent back when the client does not read', async () => {
    const chunk = `data: ${'x'.repeat(65_536)}\n\n`;
    let waiting = false;
    let written = 0;
    const { ask, leave } = await gatewayBeforeAgent(async (_request, response) => {
      begin(response, '');
      const closed = once(response, 'close');
      while (!response.destroyed) {
        written += chunk.length;
        if (response.write(chunk)) continue;
        waiting = true;
        await Promise.race([once(response, 'drain'), closed]);
        waiting = false;
      }
    });
    const answer = await ask();
    // The agent stands still for a while with the same number of bytes: nobody takes them without end.
    let before = -1;
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const same = waiting && written === before;
      before = written;
      return same;
    });
    const read = reader(answer);
    while (written === before) await read();
    expect(written).toBeGreaterThan(before);
    leave();
  });

  it('ends a stream that the agent breaks off between events with a "failed" event', async () => {
    const { ask, gateway } = await gatewayBeforeAgent((_request, response) => {
      begin(response, 'data: 1\n\n');
      setImmediate(() => response.destroy());
    });
    const text = await (await ask()).text();
    const [first, last] = text.split('\n\n');
    expect(first).toBe('data: 1');
    expect(last).toMatch(/^event: failed\ndata: /);
    expect(JSON.parse(last?.split('data: ')[1] ?? '')).toMatchObject({
      type: 'failed',
      problem: { code: 'agent-failed', requestId: expect.any(String) },
    });
    expect(await outcomeLine(gateway)).toMatchObject({
      problem: 'agent-failed',
    });
  });

  it('ends a stream that goes on for too long with a "failed" event', async () => {
    const { ask } = await gatewayBeforeAgent((_request, response) => begin(response, 'data: 1\n\n'), {
      timeoutMs: 100,
    });
    expect(await (await ask()).text()).toContain('"code":"agent-timeout"');
  });

  it('cuts a stream that breaks inside an event, so that no half event is taken for a whole one', async () => {
    const { ask } = await gatewayBeforeAgent((_request, response) => {
      begin(response, 'data: 1\n\ndata: {"half":');
      setImmediate(() => response.destroy());
    });
    await expect((await ask()).text()).rejects.toThrow('terminated');
  });
});
