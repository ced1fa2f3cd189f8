import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { agent, byAgent, cleanUp, documentOf, eventually, outcomeLine, startServer, startTestGateway } from './fixture';
import { requestOf } from './raw-connection';

afterEach(cleanUp);

const BODY = '{"agent":"support","input":"hi"}';
const EVENT = `event: text\ndata: ${JSON.stringify({ type: 'text', text: 'x'.repeat(10_000) })}\n\n`;

/** An agent that sends events for as long as they are taken. */
function endlessAgent() {
  let sent = 0;
  let left = false;
  const answer = async (_request: unknown, response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => (left = true));
    while (!left) {
      sent += EVENT.length;
      if (!response.write(EVENT)) await new Promise((resolve) => response.once('drain', resolve));
    }
  };
  return { answer, sent: () => sent, hasLeft: () => left };
}

describe('a client that does not read', () => {
  it('holds back the agent, so that nothing piles up, and is cut; then the agent is let go', async () => {
    const endless = endlessAgent();
    const server = await startServer(endless.answer);
    const gateway = await startTestGateway({
      document: documentOf({ agents: [agent('support', { timeoutMs: 600_000 })], routes: [byAgent('support')] }),
      hosts: { 'support-pods:8080': [server.address] },
      http: { stallMs: 1_000 },
    });
    const headers = [
      'host: localhost',
      'accept: text/event-stream',
      'content-type: application/json',
      `content-length: ${BODY.length}`,
    ];
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () =>
      socket.write(requestOf('/v1/invoke', headers, BODY)),
    );
    socket.on('error', () => undefined).pause();
    let before = -1;
    // What the kernel's buffers of both connections take, and not more.
    await eventually(() => {
      const isFull = before > 0 && endless.sent() === before;
      before = endless.sent();
      return isFull;
    });
    expect(endless.sent()).toBeLessThan(30_000_000);
    expect(await outcomeLine(gateway)).toMatchObject({ agent: 'support', aborted: true });
    await eventually(endless.hasLeft);
    socket.destroy();
  });
});
