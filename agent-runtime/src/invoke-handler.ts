import { acceptsEventStream, HttpProblem, sendJson, SseWriter } from '@agentyard/runtime-kit';
import {
  agentInvokeRequest,
  agentResumeRequest,
  type AgentInvokeRequest,
  type AgentResumeRequest,
  type StreamEvent,
} from 'agentyard/contract';
import { lastWords, type Answering, type Dialect, type Events } from './agent-handler.js';
import type { AdmittedRequest } from './door.js';

/**
 * `POST /invoke`: the body is an `agentInvokeRequest`; the answer an `invokeResponse`, or Server-Sent Events of
 * `streamEvent` for a client that accepts `text/event-stream`. Both come from the same events.
 */
export const INVOCATION: Dialect<AgentInvokeRequest> = {
  schema: agentInvokeRequest,
  taskOf: (body) => body,
  sessionFor: async ({ sessions }, task, admitted) => sessions?.begin(task, sessionRequest(admitted)),
  answer: (events, answering) => answered(events, answering),
};

/**
 * `POST /resume`: goes on with what waited for approval in a session, as `POST /invoke` answers. Its line says who has
 * decided.
 */
export const RESUMPTION: Dialect<AgentResumeRequest> = {
  schema: agentResumeRequest,
  taskOf: ({ sessionId }) => ({ sessionId, input: '', history: [] }),
  sessionFor: async ({ sessions }, { sessionId = '' }, admitted) => {
    if (sessions === undefined) throw new HttpProblem('approval-unknown');
    const { session, decided } = await sessions.resume(sessionId, sessionRequest(admitted));
    const by = (wanted: boolean) =>
      decided.filter(({ approved }) => approved === wanted).map((one) => one.by ?? 'nobody');
    const approval = session.resumption?.run.approvalId;
    admitted.context.annotate({ approval, approvedBy: by(true), deniedBy: by(false) });
    return session;
  },
  answer: (events, answering) => answered(events, answering),
};

function sessionRequest({ invoker, timeoutMs, context }: AdmittedRequest) {
  return { invoker, timeoutMs, log: context.log };
}

function answered(events: Events, answering: Answering): Promise<void> {
  return (acceptsEventStream(answering.request.headers.accept) ? stream : answer)(events, answering);
}

async function answer(events: Events, { response }: Answering): Promise<void> {
  for await (const event of events) {
    if (event.type === 'completed') sendJson(response, 200, event.response);
  }
}

async function stream(events: Events, { response, context }: Answering): Promise<void> {
  const writer = new SseWriter(response);
  try {
    for await (const event of events) writer.send(event);
  } catch (error) {
    const problem = lastWords(error, context).toProblem(context.requestId);
    const failed: StreamEvent = { type: 'failed', problem };
    writer.send(failed);
  }
  writer.end();
}
