import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { interruptionOf, readBody, type HttpProblem } from '@agentyard/runtime-kit';
import type { McpExchange } from './exchange.js';
import { readInbound, type Inbound } from './inbound.js';
import { ERROR_CODES, idOf, isRequest, RpcError, type JsonObject, type RpcId, type RpcRequest } from './json-rpc.js';
import { acceptable, refuseOtherTypes } from './media-types.js';
import { answerRequest } from './methods.js';
import { McpReply } from './reply.js';

/** What every exchange of one document has in common; its era is found out here. */
export type McpEndpoint = Omit<McpExchange, 'era'> & { readonly maxBodyBytes: number };

/** Methods that may stand in a log line; any other is only called `other`. */
const KNOWN_METHODS = new Set([
  'initialize',
  'notifications/cancelled',
  'notifications/initialized',
  'ping',
  'server/discover',
  'subscriptions/listen',
  'tools/call',
  'tools/list',
]);

/** Answers one HTTP request of the MCP endpoint, of both eras, without a session. */
export async function answerMcp(
  request: IncomingMessage,
  response: ServerResponse,
  endpoint: McpEndpoint,
): Promise<void> {
  const { signal } = endpoint.context;
  let body: unknown;
  let reply: McpReply | undefined;
  try {
    if (request.method !== 'POST') throw methodNotAllowed(response);
    refuseOtherTypes(request.headers);
    body = parsed(await readBody(request, endpoint.maxBodyBytes));
    const inbound = readInbound(body, request.headers);
    reply = new McpReply(response, acceptable(request.headers), signal);
    await answerInbound(inbound, endpoint, reply);
  } catch (error) {
    reply?.drop();
    const interruption = response.headersSent ? interruptionOf(signal) : undefined;
    const fault = interruption === undefined ? error : lastWords(interruption);
    if (!(fault instanceof RpcError) || (signal.aborted && interruption === undefined)) throw error;
    refuse(fault, idOf(body), endpoint, reply ?? new McpReply(response, { json: true, events: false }, signal));
  }
}

async function answerInbound(inbound: Inbound, endpoint: McpEndpoint, reply: McpReply): Promise<void> {
  const { audit } = endpoint.context;
  const exchange: McpExchange = { ...endpoint, era: inbound.era };
  audit.note({ method: nameOf(inbound) });
  const messages = inbound.kind === 'batch' ? inbound.messages : [inbound.message];
  // Whoever was let in may ask for everything but a tool: which ones it may call is decided with each call.
  if (messages.some(({ method }) => method !== 'tools/call')) audit.allow();
  const requests = messages.filter(isRequest);
  if (requests.length === 0) return reply.accept();
  if (inbound.kind !== 'batch') return reply.end(await answerRequest(exchange, requests[0] as RpcRequest, reply));
  const answers = await Promise.all(requests.map((each) => answerOfBatch(exchange, each, reply)));
  reply.end(`[${answers.join()}]`);
}

/** In a batch each request has its own answer, errors among them. */
async function answerOfBatch(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<string> {
  try {
    return (await answerRequest(exchange, request, reply)).toString('utf8');
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return JSON.stringify(error.toMessage(request.id));
  }
}

function refuse(error: RpcError, id: RpcId | null, { context }: McpEndpoint, reply: McpReply): void {
  context.audit.note({ rpcError: error.code });
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

/** @throws RpcError -32700 */
function parsed(body: Buffer): unknown {
  try {
    if (isUtf8(body)) return JSON.parse(body.toString('utf8'));
  } catch {
    // As for what is not UTF-8.
  }
  throw new RpcError(ERROR_CODES.parse, 'The body must be JSON in UTF-8', undefined, 400);
}

function nameOf(inbound: Inbound): string {
  if (inbound.kind === 'batch') return 'batch';
  const { method } = inbound.message as JsonObject;
  return typeof method === 'string' && KNOWN_METHODS.has(method) ? method : 'other';
}
