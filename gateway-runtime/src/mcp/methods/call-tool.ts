import { unmetPlaces, unmetText, type ArgumentRules } from 'agentyard/contract';
import { Refusal } from '../../overload/refusal.js';
import type { McpExchange } from '../exchange.js';
import type { Owned } from '../federation/catalog.js';
import { learn } from '../federation/gather.js';
import { resolve } from '../federation/resolve.js';
import { refuseOtherArguments, repeatsArguments } from '../relay/argument-headers.js';
import type { RelayedAnswer } from '../relay/relayed-answer.js';
import type { McpReply } from '../reply.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import { ERROR_CODES, RpcError, type JsonObject, type RpcRequest } from '../wire/json-rpc.js';
import { stringOf, type JsonText } from '../wire/json-text.js';
import { noteRefusal } from './admitted.js';
import { callAgent } from './call-agent.js';
import { forwardOwned, loggedName, noteUnavailable, refuseUnknown } from './owned-request.js';
import { failedCall } from './tool-result.js';

/**
 * Calls the tool that `params.name` offers, with its own name, where it is. What the tool of a toolset or server answers
 * stays as it was sent, unknown members included.
 *
 * @returns a tool result with `isError` when there was no answer, so that the model sees it
 * @throws RpcError -32602 for a tool that is not offered (MCP, Tools, "Error Handling"), or not to this caller, who
 *   cannot tell one from the other
 */
export function callTool(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<RelayedAnswer> {
  const { values } = exchange.context.audit;
  return values === undefined ? answerCall(exchange, request, reply) : auditedCall(exchange, request, reply);
}

/** As `callTool`, where lines say something of arguments and results. */
async function auditedCall(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<RelayedAnswer> {
  const { audit } = exchange.context;
  audit.noteValue('arguments', JSON.stringify(request.params?.arguments ?? {}));
  const answer = await answerCall(exchange, request, reply);
  if (answer.json !== undefined) audit.noteValue('result', resultIn(answer.json));
  return answer;
}

/** The result, or the error, that is sent, as JSON. */
function resultIn(json: JsonText): string {
  const { result, error } = JSON.parse(stringOf(json)) as JsonObject;
  return JSON.stringify(result ?? error);
}

async function answerCall(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<RelayedAnswer> {
  const { params = {} } = request;
  const agent = exchange.catalog.agents.get(params.name as string);
  if (agent !== undefined) return callAgent(exchange, agent, request, reply);
  const found = toolOf(exchange, params);
  const owned = found instanceof Promise ? await found : found;
  let own = ownParams(params, owned.name);
  const rules = owned.backend.argumentRules.get(owned.name);
  if (rules !== undefined) {
    // What is judged is what is sent, and not a text that another reader could read in another way.
    own = { ...own };
    const refusal = await refusedByRules(exchange, owned, own, rules);
    if (refusal !== undefined) return failedCall(refusal, request.id, exchange);
  }
  try {
    return await forwardOwned(exchange, { request, owned, params: own }, reply);
  } catch (error) {
    if (error instanceof Refusal)
      return failedCall(noteRefusal(exchange, owned.backend, error, reply), request.id, exchange);
    if (!(error instanceof UpstreamUnavailableError)) throw error;
    return failedCall(noteUnavailable(exchange, owned, error), request.id, exchange);
  }
}

/** The tool that is called, if the caller may call it; at once if it is declared. */
function toolOf(exchange: McpExchange, { name }: JsonObject): Owned | Promise<Owned> {
  if (typeof name !== 'string') throw new RpcError(ERROR_CODES.invalidParams, 'params.name must be a string');
  const declared = exchange.catalog.declaredTool(name);
  return declared === undefined ? serverToolOf(exchange, name) : allowed(exchange, declared, name);
}

async function serverToolOf(exchange: McpExchange, name: string): Promise<Owned> {
  const owned = allowed(exchange, await resolve(exchange, 'tools/list', name), name);
  return (await isThere(exchange, owned)) ? owned : refuseUnknown(exchange, false, 'tool', name);
}

/** @throws RpcError -32602 unless there is such a tool, and the caller may call it */
function allowed(exchange: McpExchange, owned: Owned | undefined, name: string): Owned {
  const { caller, context } = exchange;
  if (owned !== undefined) context.audit.note({ ...owned.backend.target.label, tool: loggedName(name) });
  if (owned?.backend.mayCall(owned.name, caller) !== true) {
    return refuseUnknown(exchange, owned !== undefined, 'tool', name);
  }
  context.tool = owned;
  return owned;
}

/**
 * Whether a server has a tool, asked where some of its tools are for some alone: its own words for a tool that it has
 * not would tell that one from those that are not allowed.
 */
async function isThere(exchange: McpExchange, { backend, name }: Owned): Promise<boolean> {
  if (backend.kind === 'toolset' || backend.isOpen) return true;
  const known = backend.knownTo(exchange.caller);
  if (known.has('tools/list', name)) return true;
  if (known.isStale('tools/list')) await learn(exchange, backend, 'tools/list');
  return known.has('tools/list', name);
}

/**
 * Judges the arguments of a call by the rules of its tool.
 *
 * @returns why it may not be, in words for the client
 * @throws RpcError -32020 for headers that say something else than the arguments: a server might go by them
 */
async function refusedByRules(
  exchange: McpExchange,
  { backend, name }: Owned,
  params: JsonObject,
  rules: ArgumentRules,
): Promise<string | undefined> {
  const { caller, client, context, headers } = exchange;
  const unmet = rules.unmetBy(params.arguments, { user: { sub: caller.user, roles: caller.roles }, tool: name });
  if (unmet.length > 0) {
    context.audit.note({ rule: unmetPlaces(unmet) });
    context.audit.deny('arguments-refused');
    return unmetText(unmet);
  }
  if (backend.kind === 'server' && client.era === 'modern' && repeatsArguments(headers)) {
    await refuseOtherArguments(exchange, backend, params);
  }
  return undefined;
}

/** The same object if nothing changes. */
function ownParams(params: JsonObject, name: string): JsonObject {
  if (params.name === name && params.arguments !== undefined) return params;
  return { arguments: {}, ...params, name };
}
