import { EventSourceParserStream } from 'eventsource-parser/stream';
import { createDispatcher, createFetch } from '@agentyard/runtime-kit';
import { parseValue, problem, streamEvent, type InvokeRequest, type StreamEvent } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';

/** A gateway, as a client knows it. */
export interface GatewayClient {
  /** For errors. */
  readonly name: string;
  /** Base URL. */
  readonly url: string;
  /** API key or access token; absent: none is sent. */
  readonly credential: string | undefined;
}

type Question = Partial<Pick<InvokeRequest, 'agent' | 'intent' | 'sessionId'>> & Pick<InvokeRequest, 'input'>;

/**
 * Asks an agent through a gateway. Gives what happens as it happens; the last event is `completed`.
 *
 * @param environment variables that name proxies
 * @throws DevError with the gateway's problem, when the gateway does not answer, and when the answer breaks off
 */
export async function* invocation(
  gateway: GatewayClient,
  question: Question,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const dispatcher = createDispatcher(undefined, environment);
  try {
    const response = await createFetch(dispatcher)(`${gateway.url.replace(/\/+$/, '')}/v1/invoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...authorization(gateway) },
      body: JSON.stringify(question),
      signal,
    });
    if (!response.ok) throw problemOf(response.status, await response.text());
    yield* eventsOf(response);
  } catch (error) {
    if (signal?.aborted === true || error instanceof DevError) throw error;
    throw new DevError(`the gateway ${gateway.name} does not answer: ${reasonOf(error)}; see its log`);
  } finally {
    await dispatcher.destroy();
  }
}

function authorization({ credential }: GatewayClient): Record<string, string> {
  return credential === undefined ? {} : { authorization: `Bearer ${credential}` };
}

async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  if (response.body === null || response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    throw new DevError('the answer is no stream of events: is this the address of a gateway?');
  const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { data } of messages) {
    const event = eventOf(data);
    if (event.type === 'failed') throw new DevError(textOf(event.problem));
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

function problemOf(status: number, text: string): DevError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return new DevError(`the gateway answers ${status} with something that is not JSON; see its log`);
  }
  const told = problem.safeParse(body);
  return new DevError(told.success ? textOf(told.data) : `the gateway answers ${status}; see its log`);
}

function textOf({ title, detail, code, requestId, faults = [] }: Extract<StreamEvent, { type: 'failed' }>['problem']) {
  const lines = faults.map(({ path, message }) => `\n  ${path}: ${message}`).join('');
  return `${title}${detail === undefined ? '' : `: ${detail}`} (${code}, request ${requestId ?? 'unknown'})${lines}`;
}

/** The reason of undici stands in the cause of the error of `fetch`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message || (cause as NodeJS.ErrnoException).code})` : message;
}
