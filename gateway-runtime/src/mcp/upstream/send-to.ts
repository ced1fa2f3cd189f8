import type { IncomingHttpHeaders } from 'node:http';
import { TIME_LEFT_HEADER } from 'agentyard/contract';
import { isUnconnected, REQUEST_ID_HEADER } from '@agentyard/runtime-kit';
import type { Caller } from '../../auth/caller.js';
import type { AuditTrail } from '../../pipeline/audit.js';
import { decisionLineOut } from '../../pipeline/decision-line.js';
import { NoPodError, type UsedPod } from '../../balance/balancer.js';
import type { Deadline } from '../../deadline.js';
import type { CallContext } from './call-context.js';
import { isObject, isResponse, type JsonObject, type RpcId } from '../wire/json-rpc.js';
import { isLarge, stringOf, type Pieces, type ReceivedText } from '../wire/json-text.js';
import { outlineOf } from '../wire/outline.js';
import type { ServerSentEvent } from '../wire/event-stream.js';
import { exchangeHttp, type HttpAnswer } from './http-exchange.js';
import type { UpstreamTarget } from './target.js';
import { NotServedError, SessionGoneError, UpstreamUnavailableError } from './unavailable.js';

/** For whom a server is asked. */
export interface OnBehalf {
  readonly caller: Caller;
  readonly context: CallContext;
  /** Told of the address that is called. @default - nobody is: others are asked, too */
  readonly audit?: Pick<AuditTrail, 'noteUpstream'>;
}

/** A message that came before the answer, or without one. */
export interface UpstreamMessage {
  /** The message; absent in an event that has none. */
  readonly value?: unknown;
  /** The same as JSON. */
  readonly text: string;
  readonly eventId?: string;
  readonly retry?: number;
}

/** One HTTP request to a server. */
export interface UpstreamRequest extends OnBehalf {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: Buffer | string;
  /** Id of the request in the body; absent if it is none, or if a stream is listened to. */
  readonly id?: RpcId;
  readonly deadline: Deadline;
  /** The origin that holds the session. @default - any */
  readonly pinned?: string;
  /** Whether it is of a session: then 404 says that there is none. */
  readonly inSession?: boolean;
  /** Whether its result may be sent on as it comes: then of a large one the outline is read. @default false */
  readonly isPassedOn?: boolean;
  readonly onMessage?: (message: UpstreamMessage) => void | Promise<void>;
  readonly onStream?: () => void;
}

/** A response of a server, which has the id of the request. */
export interface UpstreamAnswer extends ReceivedText {
  /** With a `result`, or with an `error`; as far as `text` has it. */
  readonly message: JsonObject;
  readonly eventId?: string;
}

/** What came of a request. */
export interface UpstreamOutcome {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly origin: string;
  /** Absent if a stream has ended without, or nothing was to be answered. */
  readonly answer?: UpstreamAnswer;
}

/**
 * Sends a message of MCP to a server. Resolves with the answer to it; without an id, when the server has taken it, or its
 * stream is over.
 *
 * @throws UpstreamUnavailableError when there is no answer; SessionGoneError
 */
export async function sendTo(target: UpstreamTarget, request: UpstreamRequest): Promise<UpstreamOutcome> {
  const { context, caller, deadline } = request;
  await decisionTold(request);
  const shown = target.headersFor(caller, context);
  const identity = shown instanceof Promise ? await shown : shown;
  try {
    return await target.withOrigin(
      (origin, pod) => sendToOrigin(origin, pod, target, identity, request),
      request.pinned,
    );
  } catch (error) {
    if (error instanceof UpstreamUnavailableError || context.departure.aborted) throw error;
    if (error instanceof NoPodError) throw new UpstreamUnavailableError('no pod is ready', false);
    if (isUnconnected(error)) throw new UpstreamUnavailableError('it takes no connection', false);
    const reason = deadline.isOver ? (deadline.reason as Error).message : 'the connection broke';
    throw new UpstreamUnavailableError(reason, true);
  }
}

/** Waits for the line that says that it may be. It may be about a call that was begun before. */
async function decisionTold({ deadline, context }: UpstreamRequest): Promise<void> {
  try {
    await decisionLineOut(deadline);
  } catch (error) {
    if (context.departure.aborted) throw error;
    throw new NotServedError('that it may be asked could not be logged in time', true);
  }
}

/** A pod that answers with a server error, or not in its time, has failed. */
async function sendToOrigin(
  origin: string,
  pod: UsedPod | undefined,
  target: UpstreamTarget,
  identity: Readonly<Record<string, string>>,
  request: UpstreamRequest,
): Promise<UpstreamOutcome> {
  const { method, body, deadline } = request;
  const events = new AwaitedEvents(request);
  request.audit?.noteUpstream(origin);
  try {
    const headers = headersOf(request, target, identity);
    const http = await exchangeHttp(target.dispatcher, {
      deadline,
      request: { origin, path: target.path, method, headers, body: body ?? null },
      isPassedOn: request.isPassedOn,
      onStream: request.onStream,
      onEvent: events.take,
    });
    if (http.status >= 500) pod?.failed();
    return {
      status: http.status,
      headers: http.headers,
      origin,
      answer: events.answer ?? answerIn(http, target, request),
    };
  } catch (error) {
    if (deadline.isOver) pod?.failed();
    throw error;
  }
}

/** Headers of a request: its own, and those that say who sends it. */
function headersOf(
  { headers, context, deadline }: UpstreamRequest,
  target: UpstreamTarget,
  identity: Readonly<Record<string, string>>,
): Record<string, string> {
  const all: Record<string, string> = { ...headers, [REQUEST_ID_HEADER]: context.requestId };
  if (target.isOurs) all[TIME_LEFT_HEADER] = String(deadline.leftMs);
  if (context.trace !== undefined) Object.assign(all, context.trace.headers);
  return Object.assign(all, identity);
}

/** The events of a stream, until the answer is among them. */
class AwaitedEvents {
  public answer: UpstreamAnswer | undefined;

  public constructor(private readonly request: Pick<UpstreamRequest, 'id' | 'onMessage'>) {}

  public readonly take = ({ data, id: eventId, retry }: ServerSentEvent): boolean | Promise<boolean> => {
    const { id, onMessage } = this.request;
    const value = data === '' ? undefined : parse(data);
    if (id !== undefined && isAnswerTo(id, value)) {
      this.answer = { message: value, text: data, eventId };
      return true;
    }
    const taken = onMessage?.({ value, text: data, eventId, retry });
    return taken === undefined ? false : taken.then(() => false);
  };
}

/** The answer in a body that is no stream. */
function answerIn(http: HttpAnswer, target: UpstreamTarget, request: UpstreamRequest): UpstreamAnswer | undefined {
  const { status, body, isStream } = http;
  if (isStream && status < 400) return undefined;
  const { id, isPassedOn } = request;
  const outlined = isPassedOn === true && status === 200 && isLarge(body) ? outlinedAnswer(id, body) : undefined;
  if (outlined !== undefined) return outlined;
  const text = stringOf(body);
  const value = text === '' ? undefined : parse(text);
  if (target.refuses(status, value)) {
    target.forget(request.caller, status);
    throw refusal(status, target, request);
  }
  if (status === 404 && request.inSession === true) throw new SessionGoneError();
  if (id === undefined) {
    if (status < 300) return undefined;
    throw unanswered(`it answers with status ${status}`, status, status >= 500);
  }
  if (isAnswerTo(id, value)) return { message: value, text, bytes: body };
  throw unanswered('its answer is not a JSON-RPC response', status, true);
}

/** A result that is complete, by its outline; absent for any other answer, which has to be read whole. */
function outlinedAnswer(id: RpcId | undefined, bytes: Pieces): UpstreamAnswer | undefined {
  // What is left out is empty, and might be the id.
  if (id === undefined || id === '') return undefined;
  const { value, text, cut } = outlineOf(bytes) ?? {};
  if (!isAnswerTo(id, value) || !isObject(value.result)) return undefined;
  const { resultType = 'complete' } = value.result;
  return resultType === 'complete' && text !== undefined ? { message: value, text, bytes, cut } : undefined;
}

/** The message of an answer, with all that its outline has not. */
export function whole({ message, bytes, cut }: UpstreamAnswer): JsonObject {
  return bytes === undefined || cut === undefined ? message : (JSON.parse(stringOf(bytes)) as JsonObject);
}

/** By its status an answer says that the request is at fault, also where it says nothing else (RFC 9110, 15.5). */
function unanswered(message: string, status: number, wasSent: boolean): UpstreamUnavailableError {
  const isOfRequest = status >= 400 && status < 500;
  return new (isOfRequest ? NotServedError : UpstreamUnavailableError)(message, wasSent, status < 500);
}

/** An error that is about a request that could not be read has no id. */
export function isAnswerTo(id: RpcId, value: unknown): value is JsonObject {
  return (
    isResponse(value) &&
    (value.id === id || (value.error !== undefined && (value.id === null || value.id === undefined)))
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The server's own words stay here: they are about this gateway, and not for its clients. */
function refusal(status: number, target: UpstreamTarget, { context }: UpstreamRequest): NotServedError {
  context.log.error(
    { event: 'service-identity-refused', ...target.label, status },
    'a toolset or server refuses the identity of this gateway',
  );
  return new NotServedError('it refuses the identity of this gateway', false);
}
