import {
  agentInvokeRequest,
  agentToolAnswer,
  ContractError,
  parseValue,
  PROBLEMS,
  unfitTaskText,
  type AgentInvokeRequest,
} from 'agentyard/contract';
import { Departure, HttpProblem } from '@agentyard/runtime-kit';
import { INVOKE_ANSWER } from '../../invoke/invoke-answer.js';
import { affinityOf } from '../../pipeline/affinity.js';
import { ROLE_MISSING } from '../../pipeline/authorize.js';
import { forward, type AgentRequest } from '../../pipeline/forward.js';
import type { Destination } from '../../routing/route-table.js';
import { failureOf, type AgentOutcome } from '../agents/agent-outcome.js';
import { AgentProgress } from '../agents/agent-progress.js';
import { AgentReader } from '../agents/agent-reader.js';
import type { AgentTool } from '../agents/agent-tool.js';
import type { McpExchange } from '../exchange.js';
import type { RelayedAnswer } from '../relay/relayed-answer.js';
import type { McpReply } from '../reply.js';
import { ERROR_CODES, RpcError, type JsonObject, type RpcRequest } from '../wire/json-rpc.js';
import { unknown } from './owned-request.js';
import { failedCall, toolResult } from './tool-result.js';

/**
 * Hands a task to an agent as `POST /v1/invoke` does: by the routes, within the same limits, and with the same audit
 * trail. Who asks for progress is told of it as it comes.
 *
 * @returns a tool result with `isError` when the agent gave no answer, so that the model sees it
 * @throws RpcError -32602 for an agent that the caller may not invoke; with status 429 when it asks for too much
 * @throws HttpProblem when there are too many streams
 */
export async function callAgent(
  exchange: McpExchange,
  tool: AgentTool,
  request: RpcRequest,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const { caller, headers, context } = exchange;
  const { audit } = context;
  audit.note({ agent: tool.name, tool: tool.name });
  const destination = tool.destinationFor(caller, headers);
  if (destination === undefined) {
    audit.deny(tool.routeFor(caller, headers) === undefined ? 'route-unmatched' : ROLE_MISSING);
    throw unknown('tool', tool.name);
  }
  audit.note({ route: destination.route });
  exchange.context.tool = { backend: tool, name: tool.name };
  const task = taskOf(request.params?.arguments);
  if (task instanceof ContractError) return refusedTask(exchange, request, task);
  const outcome = await ask(exchange, tool, { request, task, destination }, reply);
  if (outcome === undefined) return { note: {} };
  const { result, failure } = outcome;
  if (failure !== undefined) {
    audit.note({ problem: failure.code });
    return failedCall(failure.text, request.id, exchange);
  }
  const { stopReason, usage } = result;
  audit.note({ stopReason, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens });
  return toolResult(agentToolAnswer(result), request.id, exchange);
}

/** A task, and where it goes. */
interface Handed {
  readonly request: RpcRequest;
  readonly task: AgentInvokeRequest;
  readonly destination: Destination;
}

/** @returns absent if the client has cancelled it */
async function ask(
  exchange: McpExchange,
  { reach }: AgentTool,
  { request, task, destination }: Handed,
  reply: McpReply,
): Promise<AgentOutcome | undefined> {
  const { caller, overload, context } = exchange;
  const { forwarding, agents, identity } = reach;
  const progress = AgentProgress.for(request, reply);
  if (progress !== undefined) exchange.countStream();
  const ending = new CallEnding(exchange, request);
  const reader = new AgentReader({
    tell: (event) => progress?.tell(event),
    setHeader: (name, value) => reply.setHeader(name, value),
    giveUp: (reason) => ending.departure.abort(reason),
  });
  try {
    await forward(forwarding, {
      request: agentRequest(JSON.stringify(task), progress !== undefined),
      task,
      backends: destination.backends,
      affinity: affinityOf(destination.affinity, caller, {}),
      agents,
      caller,
      identity,
      overload,
      response: reader,
      context: { requestId: context.requestId, log: context.log, audit: context.audit, departure: ending.departure },
    });
    if (context.departure.aborted) throw context.departure.reason;
    return await reader.outcome();
  } catch (error) {
    if (ending.isCancelled) return undefined;
    if (context.departure.aborted || !(error instanceof HttpProblem)) throw error;
    return { failure: failureOf(noted(error, context.requestId, reply)) };
  } finally {
    ending.close();
  }
}

function agentRequest(body: string, isStream: boolean): AgentRequest {
  return {
    path: '/invoke',
    body,
    accept: isStream ? 'text/event-stream' : 'application/json',
    form: INVOKE_ANSWER,
  };
}

/** Says when nobody waits for a call any more: its client has left, or has cancelled it, here or at another replica. */
class CallEnding {
  public readonly departure = new Departure();
  public isCancelled = false;
  private readonly done: (() => void) | undefined;

  public constructor(
    private readonly exchange: McpExchange,
    { id }: RpcRequest,
  ) {
    const { client, services, context } = exchange;
    if (context.departure.aborted) this.leave();
    else context.departure.addEventListener('abort', this.leave, { once: true });
    this.done = client.session && services.inFlight.add(client.session.key, id, () => this.cancel());
  }

  public close(): void {
    this.done?.();
    this.exchange.context.departure.removeEventListener('abort', this.leave);
  }

  private cancel(): void {
    this.isCancelled = true;
    this.departure.abort(new Error('the client has cancelled it'));
  }

  private readonly leave = (): void => this.departure.abort(this.exchange.context.departure.reason);
}

/** @returns the task, or what is wrong with it */
function taskOf(given: unknown = {}): AgentInvokeRequest | ContractError {
  try {
    return parseValue(agentInvokeRequest, given, 'arguments');
  } catch (error) {
    if (error instanceof ContractError) return error;
    throw error;
  }
}

function refusedTask(exchange: McpExchange, { id }: RpcRequest, error: ContractError): RelayedAnswer {
  const { audit } = exchange.context;
  audit.note({ problem: 'request-invalid' });
  audit.deny('request-invalid');
  return failedCall(unfitTaskText(error), id, exchange);
}

/** A problem of the gateway's own. @throws RpcError with status 429 when it is the caller who asks for too much */
function noted(problem: HttpProblem, requestId: string, reply: McpReply): JsonObject {
  const { 'retry-after': retryAfter } = problem.headers;
  if (retryAfter !== undefined) reply.retryAfter(retryAfter);
  const document = problem.toProblem(requestId);
  if (PROBLEMS[problem.code].status !== 429) return document;
  const data = retryAfter === undefined ? undefined : { retryAfterSeconds: Number(retryAfter) };
  throw new RpcError(ERROR_CODES.server, failureOf(document).text, data, 429);
}
