import type { ServerResponse } from 'node:http';
import {
  acceptsEventStream,
  HttpProblem,
  interruptionOf,
  readJson,
  sendJson,
  SseWriter,
  type Handler,
  type RequestContext,
} from '@agentyard/runtime-kit';
import { agentInvokeRequest, TIME_LEFT_HEADER, timeFor, type StreamEvent } from 'agentyard/contract';
import { runAgent, type Agent } from './agent-loop.js';
import type { InvokerCheck } from './invoker-check.js';
import { RunRecord } from './run-record.js';

type Events = AsyncGenerator<StreamEvent>;

/**
 * `POST /invoke`: the body is an `agentInvokeRequest`; the answer an `invokeResponse`, or Server-Sent Events of
 * `streamEvent` for a client that accepts `text/event-stream`. Both come from the same events.
 * Who may not invoke the agent is refused before the body is read.
 */
export function invokeHandler(agent: Agent, invokers: InvokerCheck): Handler {
  return async (request, response, context) => {
    const userClaim = await invokers.admit(request, context);
    const body = await readJson(request, agent.document.maxBodyBytes, agentInvokeRequest);
    // The gateway's deadline runs on while a request waits, and an answer after it would be lost.
    const timeoutMs = timeFor(request.headers[TIME_LEFT_HEADER], agent.document.limits.timeoutMs);
    const record = new RunRecord(context.requestId, agent.document.name);
    const noteEnd = () => {
      const stopReason = interruptionOf(context.signal)?.code ?? 'client-gone';
      context.annotate({ ...record.summary(), stopReason });
    };
    context.signal.addEventListener('abort', noteEnd, { once: true });
    const { requestId, log, signal } = context;
    const scope = { requestId, log, signal, userClaim, timeoutMs };
    const events = annotated(runAgent(agent, body, record, scope), record, context);
    try {
      await (acceptsEventStream(request.headers.accept) ? stream : answer)(events, response, context);
    } catch (error) {
      // Nobody is left to be told of an error, and the abort is no error of ours.
      if (!context.signal.aborted) throw error;
    }
  };
}

async function answer(events: Events, response: ServerResponse): Promise<void> {
  for await (const event of events) {
    if (event.type === 'completed') sendJson(response, 200, event.response);
  }
}

async function stream(events: Events, response: ServerResponse, context: RequestContext): Promise<void> {
  const writer = new SseWriter(response);
  try {
    for await (const event of events) writer.send(event);
  } catch (error) {
    const interruption = interruptionOf(context.signal);
    if (context.signal.aborted && interruption === undefined) throw error;
    const problem = interruption ?? problemOf(error, context);
    const failed: StreamEvent = { type: 'failed', problem: problem.toProblem(context.requestId) };
    writer.send(failed);
  }
  writer.end();
}

/** Adds the figures of the request to its log line before the answer is complete. */
async function* annotated(events: Events, record: RunRecord, context: RequestContext): Events {
  try {
    for await (const event of events) {
      if (event.type === 'completed') {
        context.annotate({ ...record.summary(), stopReason: event.response.stopReason });
      }
      yield event;
    }
  } catch (error) {
    if (!context.signal.aborted) context.annotate(record.summary());
    throw error;
  }
}

/** The stream has begun with status 200, so the problem comes in its last event and in the log line. */
function problemOf(error: unknown, context: RequestContext): HttpProblem {
  const known = error instanceof HttpProblem;
  if (!known) context.log.error({ err: error }, 'request failed');
  const problem = known ? error : new HttpProblem('internal-error', 'See the log line of this request id.');
  context.annotate({ problem: problem.code });
  return problem;
}
