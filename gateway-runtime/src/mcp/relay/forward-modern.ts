import { Deadline } from '../../deadline.js';
import type { McpExchange } from '../exchange.js';
import type { Backend } from '../federation/catalog.js';
import { learn } from '../federation/gather.js';
import type { McpReply } from '../reply.js';
import { argumentHeaders, modernHeaders, modernMessage, type ModernMessage } from '../upstream/modern-message.js';
import { NotServedError, UpstreamUnavailableError } from '../upstream/unavailable.js';
import { sendTo, type UpstreamAnswer, type UpstreamMessage } from '../upstream/send-to.js';
import { recordedHeaders } from '../wire/message-trace.js';
import { ERROR_CODES, isObject, type JsonObject } from '../wire/json-rpc.js';
import { askClient } from './ask-client.js';
import type { ServerRequest } from './forward-in-session.js';
import type { ForwardedRequest } from './forward-request.js';
import { relayedNotification } from './notifications.js';
import { relayed, type RelayedAnswer } from './relayed-answer.js';

/** Most times that a server may ask a client before it answers. */
const MAX_ROUNDS = 20;

/** What a server without sessions asks before it answers. */
interface InputRequired {
  readonly inputRequests: Readonly<Record<string, JsonObject>>;
  readonly requestState?: unknown;
}

/** Sends a request to a server without sessions. What it asks, a client with a session is asked by requests. */
export async function forwardModern(
  exchange: McpExchange,
  request: ForwardedRequest,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const { client, context } = exchange;
  if (client.session !== undefined) return forwardCancellable(exchange, request, client.session.key, reply);
  const deadline = new Deadline(request.timeoutMs, context.departure);
  try {
    if (client.era === 'legacy')
      return passed(await askInRounds(exchange, request, reply, deadline), request, exchange);
    const answer = await ask(exchange, request, reply, deadline);
    // What it asks is the client's affair, unless it may not.
    inputRequiredIn(answer, request.backend);
    return passed(answer, request, exchange);
  } finally {
    deadline.clear();
  }
}

/** A client with a session may cancel what it has asked for; then there is no answer. */
async function forwardCancellable(
  exchange: McpExchange,
  request: ForwardedRequest,
  session: string,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const deadline = new Deadline(request.timeoutMs, exchange.context.departure);
  let isCancelled = false;
  const done = exchange.services.inFlight.add(session, request.id, () => {
    isCancelled = true;
    deadline.abort(new Error('the client has cancelled it'));
  });
  try {
    return passed(await askInRounds(exchange, request, reply, deadline), request, exchange);
  } catch (error) {
    if (isCancelled) return { note: { reason: 'cancelled' } };
    throw error;
  } finally {
    done();
    deadline.clear();
  }
}

/** What is wrong with a request is said by the status too, in this era alone. */
function passed(answer: Answered, request: ForwardedRequest, exchange: McpExchange): RelayedAnswer {
  const relayedAnswer = relayed(answer, 'modern', request, exchange);
  const { status } = answer;
  if (exchange.client.era === 'legacy' || status < 400 || relayedAnswer.note.rpcError === undefined)
    return relayedAnswer;
  return { ...relayedAnswer, status };
}

/** Asks until the server asks nothing more. */
async function askInRounds(
  exchange: McpExchange,
  request: ForwardedRequest,
  reply: McpReply,
  deadline: Deadline,
): Promise<Answered> {
  let { params } = request;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const got = await ask(exchange, { ...request, params }, reply, deadline);
    const required = inputRequiredIn(got, request.backend);
    if (required === undefined) return crossing(got);
    const inputResponses = await askClient(exchange, required.inputRequests, reply, deadline, request.backend);
    const { requestState } = required;
    params = { ...request.params, inputResponses, ...(requestState !== undefined && { requestState }) };
  }
  throw new NotServedError(`it asks more than ${MAX_ROUNDS} times`, true);
}

type Answered = UpstreamAnswer & { readonly status: number };

function ask(exchange: McpExchange, request: ForwardedRequest, reply: McpReply, deadline: Deadline): Promise<Answered> {
  const { backend, method } = request;
  if (backend.kind === 'toolset' || method !== 'tools/call') return send(exchange, request, reply, deadline);
  return askWithArguments(exchange, { ...request, backend }, reply, deadline);
}

async function askWithArguments(
  exchange: McpExchange,
  request: ServerRequest,
  reply: McpReply,
  deadline: Deadline,
): Promise<Answered> {
  const answer = await send(exchange, request, reply, deadline);
  const { error } = answer.message;
  if (exchange.client.era === 'modern' || (error as JsonObject | undefined)?.code !== ERROR_CODES.headerMismatch)
    return answer;
  // A client of the other era repeats no arguments in headers; which ones the server wants stands in its list.
  await learn(exchange, request.backend, 'tools/list');
  const wanted = request.backend.knownTo(exchange.caller).parameterHeaders(String(request.params.name));
  return send(exchange, request, reply, deadline, argumentHeaders(wanted, request.params));
}

async function send(
  exchange: McpExchange,
  request: ForwardedRequest,
  reply: McpReply,
  deadline: Deadline,
  more?: Readonly<Record<string, string>>,
): Promise<Answered> {
  const { caller, context } = exchange;
  const { backend, id } = request;
  const { method, headers, body } = messageOf(exchange, request, reply);
  addArgumentHeaders(exchange, headers);
  const { answer, status } = await sendTo(backend.target, {
    method,
    headers: more === undefined ? headers : { ...headers, ...more },
    body,
    id,
    caller,
    context,
    audit: context.audit,
    deadline,
    isPassedOn: exchange.client.era === 'modern',
    onMessage: (message) => pass(message, exchange, backend, reply),
  });
  if (answer === undefined) throw new UpstreamUnavailableError('its stream ended without an answer', true);
  const { message, text, bytes, cut, eventId } = answer;
  return { message, text, bytes, cut, eventId, status };
}

function messageOf(
  { client, services, body, context }: McpExchange,
  { backend, id, method, params, isVerbatim }: ForwardedRequest,
  reply: McpReply,
): Omit<ModernMessage, 'body'> & { readonly body: Buffer | string } {
  // Toolsets read a body as it is read here, and can be given the same bytes. What others make of it is not known.
  if (backend.kind === 'toolset' && isVerbatim === true && client.era === 'modern') {
    return { method: 'POST', headers: modernHeaders(method, params), body };
  }
  const sender = {
    clientInfo: backend.kind === 'toolset' ? { ...services.info } : (client.info ?? { ...services.info }),
    capabilities: backend.kind === 'toolset' ? {} : backend.shown(client.capabilities),
    ...(client.logLevel !== undefined && reply.takesEvents && { logLevel: client.logLevel }),
    trace: recordedHeaders(context.trace),
  };
  return modernMessage({ id, method, params }, sender);
}

/** Adds what the client repeats of arguments in headers. */
function addArgumentHeaders({ headers, client }: McpExchange, to: Record<string, string>): void {
  if (client.era === 'legacy') return;
  for (const name in headers) if (name.startsWith('mcp-param-')) to[name] = String(headers[name]);
}

function pass(
  message: UpstreamMessage,
  { client }: McpExchange,
  { target }: Backend,
  reply: McpReply,
): Promise<void> | undefined {
  const text = reply.takesEvents ? relayedNotification(message, client, target.name) : undefined;
  return text === undefined ? undefined : reply.notify(text);
}

/** @throws UpstreamUnavailableError for a kind of result that only revisions without sessions have */
function crossing(answer: Answered): Answered {
  const { result } = answer.message;
  if (!isObject(result) || result.resultType === undefined || result.resultType === 'complete') return answer;
  throw new NotServedError('it answers with a kind of result that the revision of the client has not', true);
}

/** @throws UpstreamUnavailableError if it asks what it may not */
function inputRequiredIn({ message }: UpstreamAnswer, backend: Backend): InputRequired | undefined {
  const { result } = message;
  if (!isObject(result) || result.resultType === undefined || result.resultType === 'complete') return undefined;
  if (backend.kind === 'toolset') {
    throw new NotServedError('it answered with a kind of result that this gateway does not pass on', true);
  }
  if (result.resultType !== 'input_required') return undefined;
  const inputRequests = isObject(result.inputRequests) ? result.inputRequests : {};
  for (const asked of Object.values(inputRequests)) {
    if (!isObject(asked) || typeof asked.method !== 'string' || !backend.mayAsk(asked.method)) {
      throw new NotServedError('it asks for what it may not ask of clients', true);
    }
  }
  return { inputRequests: inputRequests as InputRequired['inputRequests'], requestState: result.requestState };
}
