import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import {
  excessDetail,
  interruptionOf,
  jsonExcess,
  PassedTrace,
  type HttpProblem,
  type JsonLimits,
} from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { Overload } from '../overload/overload.js';
import type { AuditedContext, AuditTrail } from '../pipeline/audit.js';
import { decisionLineOut } from '../pipeline/decision-line.js';
import type { ClientSide } from './client-side.js';
import type { McpExchange } from './exchange.js';
import type { Catalog } from './federation/catalog.js';
import { clientOf, sessionNamed } from './inbound-client.js';
import { answerRequest, decidesItself, isKnownMethod, type RequestAnswer } from './methods/answer-request.js';
import { takeNotification, takeResponse } from './methods/session-messages.js';
import { AnsweredElsewhere } from './peers/answered-elsewhere.js';
import { forwardedExchange } from './peers/forwarded-exchange.js';
import { McpReply } from './reply.js';
import type { ServerInfo } from './server-description.js';
import type { McpServices } from './services.js';
import { endClientSession } from './session/end-client-session.js';
import { answerGet } from './streams/answer-get.js';
import { SESSION_HEADER } from './upstream/legacy-session.js';
import { metaOf } from './wire/envelope.js';
import { readInbound, type Inbound } from './wire/inbound.js';
import {
  ERROR_CODES,
  idOf,
  isNotification,
  isRequest,
  isResponse,
  RpcError,
  type RpcId,
  type RpcRequest,
} from './wire/json-rpc.js';
import { stringOf } from './wire/json-text.js';
import { traceParentIn } from './wire/message-trace.js';
import { acceptable, refuseOtherTypes } from './wire/media-types.js';
import { isModern } from './wire/revision.js';

/** Of GET and DELETE. */
const NO_BODY = Buffer.alloc(0);

/** An endpoint of one document, and who calls it. */
export interface McpEndpoint {
  readonly path: string;
  readonly catalog: Catalog;
  readonly services: McpServices;
  readonly serverInfo: ServerInfo;
  readonly serverInfoJson: string;
  readonly jsonLimits: JsonLimits;
  readonly caller: Caller;
  readonly clientIp?: string;
  /** Counts a stream that lasts until its client leaves. @throws HttpProblem when there are too many */
  countStream(): void;
  readonly overload: Overload;
  readonly context: AuditedContext;
}

/** An HTTP request, whose body is not read yet. */
export interface McpRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** @throws HttpProblem for one that is too long */
  body(): Promise<Buffer>;
  /** Whether another replica has passed it on, which then answers no other one's. */
  readonly isForwarded: boolean;
}

/** Answers one HTTP request of an MCP endpoint, of both eras. */
export function answerMcp(request: McpRequest, response: ServerResponse, endpoint: McpEndpoint): Promise<void> {
  if (request.method === 'POST') return answerPost(request, response, endpoint);
  // There are thousands of streams of sessions at a time: a function that waits would keep all that it knows.
  const { context } = endpoint;
  const failed = (error: unknown): void => endFailed(error, NOTHING_READ, response, context);
  try {
    return answerOther(request, response, endpoint).catch(failed);
  } catch (error) {
    failed(error);
    return Promise.resolve();
  }
}

async function answerPost(request: McpRequest, response: ServerResponse, endpoint: McpEndpoint): Promise<void> {
  let body: unknown;
  let reply: McpReply | undefined;
  try {
    refuseOtherTypes(request.headers);
    const bytes = await request.body();
    body = parsed(bytes, endpoint.jsonLimits);
    const inbound = readInbound(body, request.headers);
    endpoint.context.audit.note({ method: nameOf(inbound), bytesIn: bytes.length });
    adoptTrace(endpoint.context.audit, inbound);
    const client = clientOf(inbound, request.headers, endpoint);
    noteMessage(endpoint.context.audit, inbound, client);
    reply = new McpReply(response, acceptable(request.headers), endpoint.context.audit);
    const toOwner = forwarder(request, bytes, response, endpoint, reply);
    await answerInbound(
      inbound,
      { ...endpoint, client, headers: request.headers, body: bytes, toOwner },
      reply,
      response,
    );
  } catch (error) {
    reply?.drop();
    endFailed(error, { id: idOf(body), reply }, response, endpoint.context);
  }
}

/** What is known of a request that has failed. */
interface Failed {
  readonly id: RpcId | null;
  /** Absent if none was begun. */
  readonly reply: McpReply | undefined;
}

const NOTHING_READ: Failed = { id: null, reply: undefined };

/** Answers a request that has failed. @throws the error, if it is none of JSON-RPC, or nobody is left to be told */
function endFailed(error: unknown, { id, reply }: Failed, response: ServerResponse, context: AuditedContext): void {
  const { departure, audit } = context;
  if (error instanceof AnsweredElsewhere) return;
  const interruption = response.headersSent ? interruptionOf(departure) : undefined;
  const fault = interruption === undefined ? error : lastWords(interruption);
  if (!(fault instanceof RpcError) || (departure.aborted && interruption === undefined)) throw error;
  refuse(fault, id, context, reply ?? new McpReply(response, { json: true, events: false }, audit));
}

/** GET and DELETE are of sessions. */
function answerOther(request: McpRequest, response: ServerResponse, endpoint: McpEndpoint): Promise<void> {
  const { headers, method } = request;
  const revision = headers['mcp-protocol-version'];
  const isOfSession = (method === 'GET' || method === 'DELETE') && headers[SESSION_HEADER] !== undefined;
  if (!isOfSession || (typeof revision === 'string' && isModern(revision))) throw methodNotAllowed(response);
  const session = sessionNamed(headers, endpoint);
  endpoint.context.audit.note({ method: method === 'GET' ? 'session/stream' : 'session/end' });
  endpoint.context.audit.allow();
  const client = { era: 'legacy' as const, revision: session.revision, capabilities: session.capabilities, session };
  const body = NO_BODY;
  const exchange = { ...endpoint, client, headers, body, toOwner: forwarder(request, body, response, endpoint) };
  if (method === 'GET') return answerGet(exchange, session, response);
  return endClientSession(exchange, session).then(() => void response.writeHead(204).end());
}

function answerInbound(
  inbound: Inbound,
  exchange: McpExchange,
  reply: McpReply,
  response: ServerResponse,
): Promise<void> {
  if (inbound.kind !== 'request') return answerOthers(inbound, exchange, reply);
  // Whoever was let in may ask in general: what is about one thing of one server is decided for itself.
  if (!decidesItself(inbound.message.method)) exchange.context.audit.allow();
  return answerOne(exchange, inbound.message, reply, response);
}

/** Answers what is no single request. */
async function answerOthers(inbound: Inbound, exchange: McpExchange, reply: McpReply): Promise<void> {
  const { audit } = exchange.context;
  const messages = inbound.kind === 'batch' ? inbound.messages : [inbound.message];
  if (messages.some(({ method }) => !decidesItself(String(method)))) audit.allow();
  const requests = messages.filter(isRequest);
  for (const message of messages) {
    if (isResponse(message)) await takeResponse(exchange, message);
    else if (isNotification(message)) await takeNotification(exchange, { ...message });
  }
  if (requests.length === 0) return reply.accept();
  const answers = await Promise.all(requests.map((each) => answerOfBatch(exchange, each, reply)));
  reply.end(`[${answers.filter((answer) => answer !== undefined).join()}]`);
}

async function answerOne(
  exchange: McpExchange,
  request: RpcRequest,
  reply: McpReply,
  response: ServerResponse,
): Promise<void> {
  const { audit } = exchange.context;
  const { json, status, marks, note, sessionId } = await answerRequest(exchange, request, reply);
  audit.note(note);
  if (json === undefined) return reply.close();
  if (sessionId !== undefined && !response.headersSent) response.setHeader(SESSION_HEADER, sessionId);
  reply.end(json, status, marks);
}

/** In a batch each request has its own answer, errors among them. */
async function answerOfBatch(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<string | undefined> {
  try {
    const { json, note }: RequestAnswer = await answerRequest(exchange, request, reply);
    exchange.context.audit.note(note);
    return json && stringOf(json);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return JSON.stringify(error.toMessage(request.id));
  }
}

/** What is of no client's session, or of this replica, stays here. */
function forwarder(
  { method, headers, isForwarded }: McpRequest,
  body: Buffer,
  response: ServerResponse,
  { path, caller, services: { peers }, context, clientIp }: McpEndpoint,
  reply?: McpReply,
): McpExchange['toOwner'] {
  return async (owner) => {
    if (isForwarded || owner === peers.self) return;
    const sent = { method, path, headers, body, trace: context.trace?.headers };
    const exchange = forwardedExchange(sent, caller, clientIp);
    await decisionLineOut(context.departure);
    // The other one begins the stream.
    reply?.drop();
    if (await peers.answer(owner, exchange, context.requestId, response, context.signal)) throw new AnsweredElsewhere();
  };
}

function refuse(error: RpcError, id: RpcId | null, { audit }: AuditedContext, reply: McpReply): void {
  audit.note({ rpcError: error.code });
  reply.end(JSON.stringify(error.toMessage(id)), error.status);
}

/** A stream that has begun is ended in words that its client reads; without one, the runtime answers itself. */
function lastWords(interruption: HttpProblem): RpcError {
  return new RpcError(ERROR_CODES.server, `${interruption.message} The call may have had its effect.`);
}

function methodNotAllowed(response: ServerResponse): RpcError {
  response.setHeader('allow', 'POST');
  return new RpcError(ERROR_CODES.server, 'Method not allowed', undefined, 405);
}

/** @throws RpcError -32700; -32600 for what is not worth its parsing */
function parsed(body: Buffer, limits: JsonLimits): unknown {
  const excess = jsonExcess(body, limits);
  if (excess !== undefined) {
    throw new RpcError(ERROR_CODES.invalidRequest, excessDetail(excess, limits), undefined, 400);
  }
  try {
    if (isUtf8(body)) return JSON.parse(body.toString('utf8'));
  } catch {
    // As for what is not UTF-8.
  }
  throw new RpcError(ERROR_CODES.parse, 'The body must be JSON in UTF-8', undefined, 400);
}

function nameOf(inbound: Inbound): string {
  if (inbound.kind === 'batch') return 'batch';
  if (inbound.kind === 'response') return 'response';
  const { method } = inbound.message;
  return isKnownMethod(method) ? method : 'other';
}

/** What a message says of its trace counts more than what its transport says (semantic conventions for MCP). */
function adoptTrace(audit: AuditTrail, inbound: Inbound): void {
  if (inbound.kind !== 'request') return;
  const parent = traceParentIn(metaOf(inbound.message.params));
  if (parent === undefined) return;
  if (audit.trace === undefined) audit.trace = new PassedTrace(parent);
  else audit.trace.adopt(parent);
}

/** Adds what only the message tells, if it is recorded. */
function noteMessage({ trace }: AuditTrail, inbound: Inbound, { revision }: ClientSide): void {
  if (trace?.isRecorded !== true) return;
  const id = inbound.kind === 'request' ? String(inbound.message.id) : undefined;
  trace.note({ 'jsonrpc.request.id': id, 'mcp.protocol.version': revision, 'network.transport': 'tcp' });
}
