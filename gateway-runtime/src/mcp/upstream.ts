import type { Readable } from 'node:stream';
import type { GatewayToolset } from 'agentyard/contract';
import { logFlushed, REQUEST_ID_HEADER, type Dispatcher } from '@agentyard/runtime-kit';
import { NoPodError, type Balancer } from '../balance/balancer.js';
import { Deadline } from '../deadline.js';
import { refusesService } from '../identity/service-refusal.js';
import { IdentityUnavailableError } from '../identity/upstream-identity.js';
import { ENVELOPE } from './envelope.js';
import { eventData } from './event-stream.js';
import { isNotification, isObject, isResponse, type JsonObject, type RpcId } from './json-rpc.js';
import { encodedHeader } from './mirrored-headers.js';
import type { ToolRequest } from './tool-request.js';

/** The revision of MCP that toolsets are asked in: stateless, so that any pod can take any request. */
export const UPSTREAM_REVISION = '2026-07-28';

/** Largest answer of a toolset. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** One request to a toolset. It ends when its client leaves; closing the connection cancels it. */
export interface UpstreamRequest extends ToolRequest {
  readonly method: 'tools/list' | 'tools/call';
  /** Each request is a POST of its own, so that the client's id can be its id, too. */
  readonly id: RpcId;
  readonly params: JsonObject;
  readonly timeoutMs: number;
  /** Takes the notifications that come before the answer, as JSON texts. @default - they are left out */
  readonly onNotification?: (text: string) => Promise<void>;
}

/** The JSON-RPC response of a toolset, which has the id of the request. */
export interface UpstreamAnswer {
  /** With a `result`, or with an `error`. */
  readonly message: JsonObject;
  /** As it was sent. */
  readonly bytes: Buffer;
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

  /** @throws ToolsetUnavailableError if there is no JSON-RPC response */
  public async request(toolset: GatewayToolset, request: UpstreamRequest): Promise<UpstreamAnswer> {
    const { log, signal } = request.context;
    // The line that says that it may be.
    await logFlushed(log);
    const identity = await this.identityHeaders(toolset, request);
    const deadline = new Deadline(request.timeoutMs, signal);
    try {
      return await this.balancer.withPod(toolset, async (origin) => {
        const answer = await this.post(origin, identity, request, deadline);
        const read = await readAnswer(answer, request);
        const { statusCode: status } = answer;
        if (status >= 400 && refusesService(status, read.value)) throw refusal(status, toolset, request);
        return responseIn(read, request.id);
      });
    } catch (error) {
      if (error instanceof ToolsetUnavailableError || signal.aborted) throw error;
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
      return await identity.headersFor(identity.toolset(toolset), caller);
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
    { method, id, params, context: { requestId } }: UpstreamRequest,
    signal: Deadline,
  ): Promise<Dispatcher.ResponseData> {
    signal.throwIfEnded();
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
        ...(typeof name === 'string' && { 'mcp-name': encodedHeader(name) }),
        [REQUEST_ID_HEADER]: requestId,
        ...identity,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id,
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
      [ENVELOPE.revision]: UPSTREAM_REVISION,
      [ENVELOPE.clientInfo]: this.clientInfo,
      [ENVELOPE.clientCapabilities]: {},
    };
  }
}

/** A body, and the value that it has as JSON, if it is some. */
interface Read {
  readonly bytes: Buffer;
  readonly value: unknown;
}

/** The only body of an answer, or its event that is a response; notifications before it are passed on. */
async function readAnswer(answer: Dispatcher.ResponseData, request: UpstreamRequest): Promise<Read> {
  // The one who reads gets the error too; without a listener, an error that comes before ends the process.
  answer.body.on('error', () => undefined);
  const type = String(answer.headers['content-type'] ?? '')
    .split(';', 1)[0]
    ?.trim()
    .toLowerCase();
  if (type === 'text/event-stream') return readEvents(limited(answer.body as AsyncIterable<Buffer>), request);
  const bytes = await readBytes(answer.body);
  return { bytes, value: parse(bytes.toString('utf8')) };
}

/** By events: an iterator turns through the microtasks twice for each chunk. */
function readBytes(body: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) body.destroy(tooLarge());
    });
    body.on('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    body.on('error', reject);
    body.on('close', () => reject(new Error('the connection closed')));
  });
}

async function readEvents(body: AsyncIterable<Buffer>, { id, onNotification }: UpstreamRequest): Promise<Read> {
  for await (const text of eventData(body)) {
    const value = parse(text);
    if (isObject(value) && value.id === id) return { bytes: Buffer.from(text), value };
    if (isNotification(value)) await onNotification?.(text);
  }
  throw new ToolsetUnavailableError('its stream ended without an answer', true);
}

async function* limited(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw tooLarge();
    yield chunk;
  }
}

function tooLarge(): ToolsetUnavailableError {
  return new ToolsetUnavailableError(`its answer is over ${MAX_ANSWER_BYTES} bytes`, true);
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

/** An error that is about a request that could not be read has no id. */
function responseIn({ value, bytes }: Read, id: RpcId): UpstreamAnswer {
  if (isResponse(value) && (value.id === id || (value.error !== undefined && value.id === null))) {
    return { message: value, bytes };
  }
  throw new ToolsetUnavailableError('its answer is not a JSON-RPC response', true);
}
