import { Deferred } from '../processes/deferred';
import { HttpConnection, headerOf, type HttpAnswer } from './http-connection';
import { requestBytes, type HttpMessage, type Target } from './http-request';
import { messageOf } from './mcp-answer';
import { initializedMessage, initializeMessage, LEGACY } from './mcp-message';
import { WrongAnswerError } from './answer-body';
import type { Era } from './cell';

/** How many sessions are begun at the same time. */
const AT_ONCE = 16;

/** Sessions with servers, which are kept for the next load on the same one. */
export class Sessions {
  private readonly begun = new Map<string, Target[]>();

  /**
   * Targets for so many clients: each has a session of its own where the era and the server have sessions.
   *
   * @param era absent: it is not about MCP
   */
  public async targetsFor(target: Target, era: Era | undefined, count: number): Promise<Target[]> {
    if (era !== LEGACY) return Array.from({ length: count }, () => target);
    const key = JSON.stringify(target);
    const known = this.begun.get(key) ?? [];
    this.begun.set(key, known);
    while (known.length < count) {
      const missing = Math.min(AT_ONCE, count - known.length);
      known.push(...(await Promise.all(Array.from({ length: missing }, () => beginSession(target, era)))));
    }
    return known.slice(0, count);
  }
}

/** The target with what its requests carry from now on. */
async function beginSession(target: Target, era: Era): Promise<Target> {
  const failed = new Deferred<never>();
  const connection = await HttpConnection.open(target.port, failed.reject);
  const send = (message: HttpMessage, to: Target): Promise<HttpAnswer> =>
    Promise.race([
      new Promise<HttpAnswer>((resolve) => connection.send(requestBytes(message, to), resolve)),
      failed.promise,
    ]);
  try {
    const answer = await send(initializeMessage(era, 1), target);
    const { result } = messageOf(answer, 1);
    if (result.protocolVersion !== era) throw new WrongAnswerError('another revision', answer);
    const session = headerOf(answer.head, 'mcp-session-id');
    const headers = { ...target.headers, ...(session !== undefined && { 'mcp-session-id': session }) };
    const noted = await send(initializedMessage(era), { ...target, headers });
    if (noted.status !== 202) throw new WrongAnswerError('not 202', noted);
    return { ...target, headers };
  } finally {
    connection.close();
  }
}
