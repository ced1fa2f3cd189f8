import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpProblem, interruptionOf, readJson, type Handler, type RequestContext } from '@agentyard/runtime-kit';
import { TIME_LEFT_HEADER, timeFor, type StreamEvent } from 'agentyard/contract';
import { runAgent, type Agent, type AgentTask } from './agent-loop.js';
import type { InvokerCheck } from './invoker-check.js';
import { RunRecord } from './run-record.js';
import { refuseArguments } from './task-rules.js';

export type Events = AsyncGenerator<StreamEvent>;

/** A request that is being answered. */
export interface Answering {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
}

/** One of the ways to ask an agent. */
export interface Dialect<Body> {
  /** What a body has to be. */
  readonly schema: Parameters<typeof readJson<Body>>[2];
  /** What it asks for. @throws HttpProblem if that is not for this agent */
  taskOf(body: Body): AgentTask;
  /** Answers with what happens. */
  answer(events: Events, answering: Answering, body: Body): Promise<void>;
}

/**
 * Asks the agent what a request asks, in one of the ways to do so. Who may not invoke the agent is refused before the
 * body is read.
 */
export function agentHandler<Body>(agent: Agent, invokers: InvokerCheck, dialect: Dialect<Body>): Handler {
  return async (request, response, context) => {
    const { userClaim, user } = await invokers.admit(request, context);
    const body = await readJson(request, agent.document.maxBodyBytes, dialect.schema);
    const task = dialect.taskOf(body);
    refuseArguments(agent, task, user, context);
    // The gateway's deadline runs on while a request waits, and an answer after it would be lost.
    const timeoutMs = timeFor(request.headers[TIME_LEFT_HEADER], agent.document.limits.timeoutMs);
    const record = new RunRecord(context.requestId, agent.document);
    const noteEnd = () => {
      const stopReason = interruptionOf(context.signal)?.code ?? 'client-gone';
      context.annotate({ ...record.summary(), stopReason });
    };
    context.signal.addEventListener('abort', noteEnd, { once: true });
    const { requestId, log, signal } = context;
    const scope = { requestId, log, signal, userClaim, timeoutMs };
    const events = annotated(runAgent(agent, task, record, scope), record, context);
    try {
      await dialect.answer(events, { request, response, context }, body);
    } catch (error) {
      // Nobody is left to be told of an error, and the abort is no error of ours.
      if (!context.signal.aborted) throw error;
    }
  };
}

/**
 * What a stream that has begun with status 200 ends with: the problem comes in its last event and in the log line.
 *
 * @throws the error when nobody is left to be told of it
 */
export function lastWords(error: unknown, context: RequestContext): HttpProblem {
  const interruption = interruptionOf(context.signal);
  if (interruption !== undefined) return interruption;
  if (context.signal.aborted) throw error;
  const known = error instanceof HttpProblem;
  if (!known) context.log.error({ err: error }, 'request failed');
  const problem = known ? error : new HttpProblem('internal-error', 'See the log line of this request id.');
  context.annotate({ problem: problem.code });
  return problem;
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
