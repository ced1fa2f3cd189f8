import { messageOf, WrongAnswerError } from './answer-check';
import { Deferred } from './deferred';
import { HttpConnection, type HttpAnswer } from './http-connection';
import { RepeatedRequest, type Target } from './http-request';
import { SLOW_TOOL } from './known-tools';
import { Latency } from './latency';
import { callMessage, MODERN } from './mcp-message';

const CALLS = 200;

/** Calls before those, until the code of all processes is compiled. */
const WARM_UP_CALLS = 100;

/** How much later than the upstream sent it a client has the first byte of a stream. */
export interface FirstByteSample {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Calls the tool whose stream begins before its result is there, one call after the other. */
export async function measureFirstByte(target: Target): Promise<FirstByteSample> {
  const failed = new Deferred<never>();
  const connection = await HttpConnection.open(target.port, failed.reject);
  const request = new RepeatedRequest((id) => callMessage(MODERN, id, SLOW_TOOL, { progressToken: 'bench' }), target);
  const delays = new Latency();
  try {
    for (let call = -WARM_UP_CALLS; call < CALLS; call += 1) {
      request.advance();
      const answer = await Promise.race([
        new Promise<HttpAnswer>((resolve) => connection.send(request.bytes, resolve)),
        failed.promise,
      ]);
      const delay = Number(answer.firstByteAt - begunAt(answer, request.id)) / 1e6;
      if (call >= 0) delays.add(delay);
    }
    return delays.percentiles();
  } finally {
    connection.close();
  }
}

/** When the upstream sent the first byte: its result says so. */
function begunAt(answer: HttpAnswer, id: number): bigint {
  const { content } = messageOf(answer, id).result as { content?: readonly { text?: string }[] };
  const text = content?.[0]?.text ?? '';
  if (!/^\d+$/.test(text)) throw new WrongAnswerError('no time', answer);
  return BigInt(text);
}
