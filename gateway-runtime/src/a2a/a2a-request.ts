import { isUtf8 } from 'node:buffer';
import { A2A_ERRORS, A2A_METHODS } from 'agentyard/contract';
import { excessDetail, jsonExcess, type JsonLimits } from '@agentyard/runtime-kit';
import { idOf, isObject, isRequest, RpcError, type JsonObject, type RpcId } from '../mcp/wire/json-rpc.js';

type Method = keyof typeof A2A_METHODS;

/** What a request of A2A is about. */
export interface A2aRequest {
  readonly id: RpcId;
  readonly method: Method;
  readonly kind: (typeof A2A_METHODS)[Method];
  /** The task that it is about; absent for a message that begins one. */
  readonly task: string | undefined;
  /** The context that a message goes on with. */
  readonly context: string | undefined;
  /** What is sent with it; absent where it sends none. */
  readonly message: JsonObject | undefined;
}

/** Methods of A2A that no agent here has, by how their names begin, and why. */
const NOT_OFFERED = [
  { names: /^(ListTasks$|tasks\/list$)/, code: -32_004, message: 'Tasks are not listed: each is in one pod’s memory' },
  {
    names: /PushNotificationConfigs?$|^tasks\/pushNotificationConfig\//,
    code: -32_003,
    message: 'Push notifications are not sent; follow the task, or ask for it',
  },
  {
    names: /^(GetExtendedAgentCard|agent\/getAuthenticatedExtendedCard)$/,
    code: -32_007,
    message: 'There is one card, for everybody',
  },
];

/**
 * Reads what a request is about. What it says besides is for the agent to read.
 *
 * @throws RpcError
 */
export function readA2aRequest(value: unknown): A2aRequest {
  if (!isRequest(value)) throw new RpcError(A2A_ERRORS.invalidRequest, 'The body must be one JSON-RPC request');
  const { id, method, params = {} } = value;
  const kind = kindOf(method);
  if (kind === 'send' || kind === 'stream') {
    const message = isObject(params.message) ? params.message : {};
    return {
      id,
      method: method as Method,
      kind,
      // Readers of Protocol Buffers' JSON take both spellings.
      task: nameIn(message, 'taskId') ?? nameIn(message, 'task_id'),
      context: nameIn(message, 'contextId') ?? nameIn(message, 'context_id'),
      message,
    };
  }
  const task = nameIn(params, 'id');
  if (task === undefined) throw new RpcError(A2A_ERRORS.invalidParams, 'params.id must name a task');
  return { id, method: method as Method, kind, task, context: undefined, message: undefined };
}

/** The text of a message, as agents read it. @throws RpcError -32005 for parts of another kind */
export function messageText({ message }: A2aRequest): string {
  const parts: unknown = message?.parts;
  const texts = (Array.isArray(parts) ? (parts as readonly unknown[]) : []).map((part) => {
    if (isObject(part) && typeof part.text === 'string') return part.text;
    throw new RpcError(A2A_ERRORS.contentTypeNotSupported, 'The agent takes text alone');
  });
  return texts.join('\n');
}

/** @throws RpcError -32700; -32600 for what is not worth its parsing */
export function parsedJson(body: Buffer, limits: JsonLimits): unknown {
  const excess = jsonExcess(body, limits);
  if (excess !== undefined) throw new RpcError(A2A_ERRORS.invalidRequest, excessDetail(excess, limits));
  try {
    if (isUtf8(body)) return JSON.parse(body.toString('utf8'));
  } catch {
    // As for what is not UTF-8.
  }
  throw new RpcError(A2A_ERRORS.parse, 'The body must be JSON in UTF-8');
}

/** The answer to a request that is not passed on. */
export function errorAnswer(error: RpcError, value: unknown): string {
  return JSON.stringify(error.toMessage(idOf(value)));
}

function kindOf(method: string): A2aRequest['kind'] {
  if (Object.hasOwn(A2A_METHODS, method)) return A2A_METHODS[method as Method];
  const known = NOT_OFFERED.find(({ names }) => names.test(method));
  if (known !== undefined) throw new RpcError(known.code, known.message);
  throw new RpcError(A2A_ERRORS.methodNotFound, 'A2A has no such method');
}

/** Empty as absent: so the SDK of A2A writes what it does not have. */
function nameIn(object: JsonObject, member: string): string | undefined {
  const value = object[member];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new RpcError(A2A_ERRORS.invalidParams, `${member} must be a text`);
}
