import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpProblem, interruptionOf, readJson, type Handler, type RequestContext } from '@agentyard/runtime-kit';
import type { StreamEvent } from 'agentyard/contract';
import { runAgent, type Agent, type AgentTask } from './agent-loop.js';
import type { AdmittedRequest, Door } from './door.js';
import { RunRecord } from './run-record.js';
import type { Session } from './sessions/session.js';
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
  /**
   * Takes the session that it goes on. @default - it has none
   *
   * @throws HttpProblem if it cannot be had now
   */
  sessionFor?(agent: Agent, task: AgentTask, admitted: AdmittedRequest): Promise<Session | undefined>;
  /** Answers with what happens. */
  answer(events: Events, answering: Answering, body: Body): Promise<void>;
}

/**
 * Asks the agent what a request asks, in one of the ways to do so. Who may not invoke the agent is refused before the
 * body is read.
 */
export function agentHandler<Body>(agent: Agent, door: Door, dialect: Dialect<Body>): Handler {
  return async (request, response, context) => {
    const admitted = await door.admit(request, context);
    const body = await readJson(request, agent.document.maxBodyBytes, dialect.schema);
    const task = dialect.taskOf(body);
    const session = await dialect.sessionFor?.(agent, task, admitted);
    try {
      const events = ask(agent, { ...task, session }, admitted, context.signal);
      await dialect.answer(events, { request, response, context }, body);
    } catch (error) {
      // Nobody is left to be told of an error, and the abort is no error of ours.
      if (!context.signal.aborted) throw error;
    } finally {
      await session?.end();
    }
  };
}

/**
 * Asks the agent for somebody who was let in. The line of the request says what comes of it.
 *
 * @param signal aborted when nobody waits for the answer any more
 * @throws HttpProblem `arguments-refused`
 */
export function ask(
  agent: Agent,
  task: AgentTask,
  { invoker: { user, userClaim }, trace, timeoutMs, context }: AdmittedRequest,
  signal: AbortSignal,
): Events {
  const { resumption } = task.session ?? {};
  // What goes on was checked when it was asked.
  if (resumption === undefined) refuseArguments(agent, task, user, context);
  const record = new RunRecord(context.requestId, agent.document, resumption?.run.ledger);
  const { requestId, log } = context;
  const events = runAgent(agent, task, record, { requestId, log, signal, userClaim, timeoutMs, trace });
  return annotated(events, record, context, signal);
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

/** Adds the figures of the request to its log line before the answer is complete, or as soon as nobody waits for it. */
async function* annotated(events: Events, record: RunRecord, context: RequestContext, signal: AbortSignal): Events {
  const noteEnd = () => {
    const stopReason = interruptionOf(context.signal)?.code ?? 'client-gone';
    context.annotate({ ...record.summary(), stopReason });
  };
  signal.addEventListener('abort', noteEnd, { once: true });
  try {
    for await (const event of events) {
      if (event.type === 'completed') {
        context.annotate({ ...record.summary(), stopReason: event.response.stopReason });
      }
      yield event;
    }
  } catch (error) {
    if (!signal.aborted) context.annotate(record.summary());
    throw error;
  } finally {
    signal.removeEventListener('abort', noteEnd);
  }
}
