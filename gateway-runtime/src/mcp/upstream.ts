import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  ProtocolError,
} from '@modelcontextprotocol/server';
import type { GatewayToolset } from 'agentyard/contract';
import { REQUEST_ID_HEADER, type Dispatcher } from '@agentyard/runtime-kit';
import { NoPodError, type Balancer } from '../balance/balancer.js';
import { Deadline } from '../deadline.js';
import { refusesService } from '../identity/service-refusal.js';
import { IdentityUnavailableError } from '../identity/upstream-identity.js';
import { eventData } from './event-stream.js';
import type { ToolRequest } from './tool-request.js';

/** The revision of MCP that toolsets are asked in: stateless, so that any pod can take any request. */
export const UPSTREAM_REVISION = '2026-07-28';

/** Largest answer of a toolset. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export type JsonObject = Readonly<Record<string, unknown>>;

/** One request to a toolset. It ends when its client leaves; closing the connection cancels it. */
export interface UpstreamRequest extends ToolRequest {
  readonly method: 'tools/list' | 'tools/call';
  readonly params: JsonObject;
  readonly timeoutMs: number;
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
  public async request(toolset: GatewayToolset, request: UpstreamRequest): Promise<JsonObject> {
    const { signal } = request.context;
    const identity = await this.identityHeaders(toolset, request);
    const deadline = new Deadline(request.timeoutMs, signal);
    try {
      return await this.balancer.withPod(toolset, async (origin) => {
        const answer = await this.post(origin, identity, request, deadline.signal);
        const message = await readMessage(answer, request.context.requestId);
        const { statusCode: status } = answer;
        if (status >= 400 && refusesService(status, message)) throw refusal(status, toolset, request);
        return resultOf(message);
      });
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof ToolsetUnavailableError || signal.aborted) throw error;
      if (error instanceof NoPodError) throw new ToolsetUnavailableError('no pod is ready', false);
      throw new ToolsetUnavailableError(
        deadline.isOver ? `no answer within ${request.timeoutMs} ms` : 'the connection broke',
        true,
      );
    } finally {
      deadline.clear();
    }
  }

  private async identityHeaders(
    toolset: GatewayToolset,
    { identity, caller, context }: UpstreamRequest,
  ): Promise<Record<string, string>> {
    try {
      return await identity.headersFor(identity.toolset(toolset), { caller, requestId: context.requestId });
    } catch (error) {
      if (!(error instanceof IdentityUnavailableError)) throw error;
      context.log.error(
        { event: 'service-identity-unavailable', toolset: toolset.name, reason: error.message },
        'the gateway cannot show a toolset who calls',
      );
      throw new ToolsetUnavailableError('the gateway cannot show it who calls', false);
    }
  }

  private post(
    origin: string,
    identity: Readonly<Record<string, string>>,
    { method, params, context: { requestId } }: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { name } = params;
    return this.dispatcher.request({
      origin,
      path: '/mcp',
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': UPSTREAM_REVISION,
        'mcp-method': method,
        ...(typeof name === 'string' && { 'mcp-name': name }),
        [REQUEST_ID_HEADER]: requestId,
        ...identity,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: requestId,
        method,
        params: {
          ...params,
          _meta: { ...(params._meta as JsonObject | undefined), ...this.envelope() },
        },
      }),
      signal,
    });
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

/** The toolset's own words stay here: they are about this gateway, and not for its clients. */
function refusal(
  status: number,
  { name: toolset }: GatewayToolset,
  { context }: UpstreamRequest,
): ToolsetUnavailableError {
  context.log.error(
    { event: 'service-identity-refused', toolset, status },
    'a toolset refuses the identity of this gateway',
  );
  return new ToolsetUnavailableError('it refuses the identity of this gateway', false);
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
