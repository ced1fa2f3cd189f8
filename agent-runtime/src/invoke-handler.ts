import { acceptsEventStream, sendJson, SseWriter } from '@agentyard/runtime-kit';
import { agentInvokeRequest, type AgentInvokeRequest, type StreamEvent } from 'agentyard/contract';
import { lastWords, type Answering, type Dialect, type Events } from './agent-handler.js';

/**
 * `POST /invoke`: the body is an `agentInvokeRequest`; the answer an `invokeResponse`, or Server-Sent Events of
 * `streamEvent` for a client that accepts `text/event-stream`. Both come from the same events.
 */
export const INVOCATION: Dialect<AgentInvokeRequest> = {
  schema: agentInvokeRequest,
  taskOf: (body) => body,
  answer: (events, answering) =>
    (acceptsEventStream(answering.request.headers.accept) ? stream : answer)(events, answering),
};

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
