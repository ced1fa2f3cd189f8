import { outputIn } from './agent-answer';
import { invokeMessage } from './agent-message';
import { WrongAnswerError } from './answer-body';
import { INVOKE, type Operation } from './cell';
import { Deferred } from '../processes/deferred';
import { HttpConnection, type HttpAnswer } from './http-connection';
import { RepeatedRequest, type HttpMessage, type Target } from './http-request';
import { SLOW_TOOL } from './known-tools';
import { Latency } from './latency';
import { messageOf } from './mcp-answer';
import { callMessage } from './mcp-message';

const CALLS = 200;

/** Calls before those, until the code of all processes is compiled. */
const WARM_UP_CALLS = 100;

/** Whose streams it is about. */
export interface FirstByteRun {
  readonly target: Target;
  readonly operation: Operation;
}

/** How much later than the upstream sent it a client has the first byte of a stream. */
export interface FirstByteSample {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Asks for what begins to stream before its result is there, one time after the other. */
export async function measureFirstByte({ target, operation }: FirstByteRun): Promise<FirstByteSample> {
  const failed = new Deferred<never>();
  const connection = await HttpConnection.open(target.port, failed.reject);
  const request = new RepeatedRequest((id) => slowMessage(operation, id), target);
  const delays = new Latency();
  try {
    for (let call = -WARM_UP_CALLS; call < CALLS; call += 1) {
      request.advance();
      const answer = await Promise.race([
        new Promise<HttpAnswer>((resolve) => connection.send(request.bytes, resolve)),
        failed.promise,
      ]);
      const delay = Number(answer.firstByteAt - begunAt(operation, answer, request.id)) / 1e6;
      if (call >= 0) delays.add(delay);
    }
    return delays.percentiles();
  } finally {
    connection.close();
  }
}

function slowMessage(operation: Operation, id: number): HttpMessage {
  if (operation.method === INVOKE) return invokeMessage(id, SLOW_TOOL, 'SSE');
  return callMessage(operation.era, id, SLOW_TOOL, { progressToken: 'bench' });
}

/** When the upstream sent the first byte: its result says so. */
function begunAt({ method }: Operation, answer: HttpAnswer, id: number): bigint {
  const text = method === INVOKE ? outputIn(answer, id) : textIn(answer, id);
  if (!/^\d+$/.test(text)) throw new WrongAnswerError('no time', answer);
  return BigInt(text);
}

function textIn(answer: HttpAnswer, id: number): string {
  const { content } = messageOf(answer, id).result as { content?: readonly { text?: string }[] };
  return content?.[0]?.text ?? '';
}
