import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  ProtocolError,
} from '@modelcontextprotocol/server';
import type { ToolsetBinding } from 'agentyard/contract';
import { REQUEST_ID_HEADER, type Dispatcher } from '@agentyard/runtime-kit';
import { NoPodError, type Balancer } from '../balance/balancer.js';
import { Deadline } from '../deadline.js';
import { eventData } from './event-stream.js';

/** The revision of MCP that toolsets are asked in: stateless, so that any pod can take any request. */
export const UPSTREAM_REVISION = '2026-07-28';

/** Largest answer of a toolset. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export type JsonObject = Readonly<Record<string, unknown>>;

/** One request to a toolset. */
export interface UpstreamRequest {
  readonly method: 'tools/list' | 'tools/call';
  readonly params: JsonObject;
  readonly timeoutMs: number;
  readonly requestId: string;
  /** Aborted when the answer is no longer wanted; closing the connection cancels the request. */
  readonly signal: AbortSignal;
}

/** Thrown when a toolset gave no JSON-RPC answer. */
export class ToolsetUnavailableError extends Error {
  public constructor(
    message: string,
    /** Whether the request may have had its effect. */
    public readonly wasSent: boolean,
  ) {
    super(message);
    this.name = 'ToolsetUnavailableError';
  }
}

/** Sends MCP requests to the pods of toolsets, one POST each. */
export class McpUpstream {
  public constructor(
    private readonly dispatcher: Dispatcher,
    private readonly balancer: Balancer,
    private readonly clientInfo: { readonly name: string; readonly version: string },
  ) {}

  /**
   * @returns the result as the toolset sent it
   * @throws ProtocolError with the toolset's JSON-RPC error; ToolsetUnavailableError
   */
  public async request(toolset: ToolsetBinding, request: UpstreamRequest): Promise<JsonObject> {
    const deadline = new Deadline(request.timeoutMs, request.signal);
    try {
      return await this.balancer.withPod(toolset, (origin) => this.post(origin, request, deadline.signal));
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof ToolsetUnavailableError || request.signal.aborted)
        throw error;
      if (error instanceof NoPodError) throw new ToolsetUnavailableError('no pod is ready', false);
      throw new ToolsetUnavailableError(
        deadline.isOver ? `no answer within ${request.timeoutMs} ms` : 'the connection broke',
        true,
      );
    } finally {
      deadline.clear();
    }
  }

  private async post(origin: string, request: UpstreamRequest, signal: AbortSignal): Promise<JsonObject> {
    const { name } = request.params;
    const answer = await this.dispatcher.request({
      origin,
      path: '/mcp',
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': UPSTREAM_REVISION,
        'mcp-method': request.method,
        ...(typeof name === 'string' && { 'mcp-name': name }),
        [REQUEST_ID_HEADER]: request.requestId,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: request.requestId,
        method: request.method,
        params: {
          ...request.params,
          _meta: { ...(request.params._meta as JsonObject | undefined), ...this.envelope() },
        },
      }),
      signal,
    });
    return resultOf(await readMessage(answer, request.requestId));
  }

  /** What every request of the revision says of its sender; we offer toolsets nothing to call back. */
  private envelope(): JsonObject {
    return {
      [PROTOCOL_VERSION_META_KEY]: UPSTREAM_REVISION,
      [CLIENT_INFO_META_KEY]: this.clientInfo,
      [CLIENT_CAPABILITIES_META_KEY]: {},
    };
  }
}

/** The JSON-RPC response in an answer: its only body, or the event that has the request's id. */
async function readMessage(answer: Dispatcher.ResponseData, id: string): Promise<unknown> {
  // The one who reads gets the error too; without a listener, an error that comes before ends the process.
  answer.body.on('error', () => undefined);
  const type = String(answer.headers['content-type'] ?? '')
    .split(';', 1)[0]
    ?.trim()
    .toLowerCase();
  const body = limited(answer.body as AsyncIterable<Uint8Array>);
  if (type === 'text/event-stream') {
    for await (const data of eventData(body)) {
      const message = parse(data);
      if (isObject(message) && message.id === id) return message;
    }
    throw new ToolsetUnavailableError('its stream ended without an answer', true);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return parse(Buffer.concat(chunks).toString('utf8'));
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES)
      throw new ToolsetUnavailableError(`its answer is over ${MAX_ANSWER_BYTES} bytes`, true);
    yield chunk;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function resultOf(message: unknown): JsonObject {
  if (isObject(message) && isObject(message.result)) return message.result;
  if (isObject(message) && isObject(message.error) && Number.isSafeInteger(message.error.code)) {
    throw new ProtocolError(message.error.code as number, String(message.error.message), message.error.data);
  }
  throw new ToolsetUnavailableError('its answer is not a JSON-RPC response', true);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
