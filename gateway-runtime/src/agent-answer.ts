import type { ServerResponse } from 'node:http';
import { HttpProblem, interruptionOf, REQUEST_ID_HEADER, streamBody, type Dispatcher } from '@agentyard/runtime-kit';
import type { StreamEvent } from 'agentyard/contract';
import { refusesService } from './identity/service-refusal.js';
import type { AuditedContext } from './pipeline/audit.js';

/** Largest answer that is not a stream; more than an agent's context window holds. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

const END_OF_EVENT = Buffer.from('\n\n');

/**
 * Passes an agent's answer on as bytes, with its status and content type. Events are passed on as they come, with
 * back-pressure; a JSON answer is read to its end first, so that a broken one becomes a problem and not half a body.
 *
 * @param agent its name
 * @param problemOf the problem that an error of the connection means
 * @returns the value of a JSON answer
 * @throws HttpProblem `agent-failed` for what is neither JSON nor events, and when the agent refuses this gateway; what
 *   `problemOf` returns
 */
export async function passAnswer(
  answer: Dispatcher.ResponseData,
  response: ServerResponse,
  context: AuditedContext,
  agent: string,
  problemOf: (error: unknown) => HttpProblem,
): Promise<unknown> {
  // The one who reads gets the error too; without a listener, an error that comes before ends the process.
  answer.body.on('error', () => undefined);
  const type = String(answer.headers['content-type'] ?? '');
  const essence = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (answer.statusCode === 200 && essence === 'text/event-stream') {
    await passEvents(answer, response, context, problemOf);
    return undefined;
  }
  if (/^application\/(.+\+)?json$/.test(essence) && (answer.statusCode < 300 || answer.statusCode >= 400)) {
    return passJson(answer, response, type, () => refused(answer, context, agent));
  }
  answer.body.destroy();
  throw new HttpProblem('agent-failed', `The agent answered ${answer.statusCode} with neither JSON nor events.`);
}

/** The agent's own words stay here: they are about this gateway, and not for its clients. */
function refused({ statusCode: status }: Dispatcher.ResponseData, { log }: AuditedContext, agent: string): HttpProblem {
  log.error({ event: 'service-identity-refused', agent, status }, 'an agent refuses the identity of this gateway');
  return new HttpProblem('agent-failed', 'The agent refuses the identity of this gateway.');
}

async function passJson(
  answer: Dispatcher.ResponseData,
  response: ServerResponse,
  type: string,
  refusal: () => HttpProblem,
): Promise<unknown> {
  const body = await readAnswer(answer);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new HttpProblem('agent-failed', 'The agent’s answer is not JSON.');
  }
  if (answer.statusCode >= 400 && refusesService(answer.statusCode, value)) throw refusal();
  const retryAfter = answer.headers['retry-after'];
  response.writeHead(answer.statusCode, {
    'content-type': type,
    'content-length': body.length,
    ...(typeof retryAfter === 'string' && { 'retry-after': retryAfter }),
  });
  response.end(body);
  return value;
}

async function readAnswer(answer: Dispatcher.ResponseData): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES)
      throw new HttpProblem('agent-failed', `The agent's answer is over ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function passEvents(
  answer: Dispatcher.ResponseData,
  response: ServerResponse,
  context: AuditedContext,
  problemOf: (error: unknown) => HttpProblem,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  let tail: Buffer = END_OF_EVENT;
  async function* watched(): AsyncGenerator<Buffer> {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      tail = Buffer.concat([tail, chunk.subarray(-END_OF_EVENT.length)]).subarray(-END_OF_EVENT.length);
      yield chunk;
    }
  }
  try {
    await streamBody(response, watched(), context.signal);
    response.end();
  } catch (error) {
    const interruption = interruptionOf(context.signal);
    if (context.signal.aborted && interruption === undefined) throw error;
    const problem = interruption ?? problemOf(error);
    // Inside an event nothing can be added that a client would read as its own event: cutting the connection says it.
    if (!tail.equals(END_OF_EVENT)) throw problem;
    context.audit.note({ problem: problem.code });
    const failed: StreamEvent = {
      type: 'failed',
      problem: problem.toProblem(String(response.getHeader(REQUEST_ID_HEADER))),
    };
    response.end(`event: failed\ndata: ${JSON.stringify(failed)}\n\n`);
  }
}
