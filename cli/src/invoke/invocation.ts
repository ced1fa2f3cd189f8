import { EventSourceParserStream } from 'eventsource-parser/stream';
import { parseValue, streamEvent, type InvokeRequest, type StreamEvent } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';
import { asked, problemText, type GatewayClient } from '../gateway-client/gateway-client.js';

/** What an agent is asked; without `input` it goes on with what waited in the session. */
type Question = Partial<Pick<InvokeRequest, 'agent' | 'intent' | 'sessionId' | 'input'>>;

/**
 * Asks an agent through a gateway. Gives what happens as it happens; the last event is `completed`.
 *
 * @param environment variables that name proxies
 * @throws DevError with the gateway's problem, when the gateway does not answer, and when the answer breaks off
 */
export function invocation(
  gateway: GatewayClient,
  question: Question,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const path = question.input === undefined ? '/v1/resume' : '/v1/invoke';
  const request = { method: 'POST', path, accept: 'text/event-stream', body: question, signal } as const;
  return asked(gateway, request, environment, eventsOf);
}

async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  if (response.body === null || response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    throw new DevError('the answer is no stream of events: is this the address of a gateway?');
  const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { data } of messages) {
    const event = eventOf(data);
    if (event.type === 'failed') throw new DevError(problemText(event.problem));
    yield event;
    if (event.type === 'completed') return;
  }
  throw new DevError('the answer broke off');
}

function eventOf(data: string): StreamEvent {
  try {
    return parseValue(streamEvent, JSON.parse(data), 'an event of the answer');
  } catch (error) {
    throw new DevError((error as Error).message);
  }
}
