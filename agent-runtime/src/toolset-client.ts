import { REQUEST_ID_HEADER, type TraceHeaders } from '@agentyard/runtime-kit';
import { CONTRACT_VERSION, TIME_LEFT_HEADER, USER_CLAIM_HEADER, type ToolsetBinding } from 'agentyard/contract';
import {
  Client,
  StreamableHTTPClientTransport,
  type CallToolResult,
  type RequestOptions,
  type Tool,
} from '@modelcontextprotocol/client';
import { OutputValidators } from './output-validators.js';
import { abortable, isLostConnection, neverRan } from './toolset-failure.js';

/** Longest time to connect to a toolset and to list its tools; calls have the binding's own limit. */
const LIST_TIMEOUT_MS = 10_000;

/** Longest time that giving a session back may take: it holds up the end of the process. */
const FAREWELL_MS = 1000;

/** How long a call may outlive its time limit, which the SDK keeps, before its connection is cut. */
const CUT_AFTER_MS = 1000;

/** On whose behalf a toolset is asked. */
export interface ToolsetScope {
  readonly requestId: string;
  /** The user claim of the request, as it came; absent if it has no user. */
  readonly userClaim?: string;
  /** Where in its trace the request is; absent if it has none. */
  readonly traceHeaders?: TraceHeaders;
  readonly signal: AbortSignal;
  /** Time that is left of the request, in milliseconds. */
  readonly leftMs: () => number;
}

/** A connection, kept open until its last request has ended even when it is no longer used for new ones. */
interface Connection {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  inFlight: number;
  retired: boolean;
}

/**
 * A toolset, reached over MCP (Streamable HTTP, the stateless revision and the session-based ones).
 * It connects at the first use and is shared by all requests. A connection that the toolset has forgotten is
 * replaced once per operation. Each HTTP request shows who the agent is; only those of a user carry the user's claim.
 */
export class ToolsetClient {
  private current: Promise<Connection> | undefined;
  private readonly closing = new AbortController();

  private readonly fetch: typeof globalThis.fetch;

  /** @param bearer value of the `authorization` header for this toolset */
  public constructor(
    public readonly binding: ToolsetBinding,
    fetch: typeof globalThis.fetch,
    bearer: () => Promise<string>,
  ) {
    this.fetch = withTimeLimit(withAuthorization(fetch, bearer), binding.timeoutMs);
  }

  /**
   * The tools that the toolset has now for this user, as it describes them. They are asked for each time, past the
   * cache of the SDK, which would give one user the list of another.
   */
  public async listTools(scope: ToolsetScope): Promise<Tool[]> {
    const options = { ...this.optionsOf(scope, this.listTimeoutMs), cacheMode: 'bypass' as const };
    const operation = (client: Client) => client.listTools(undefined, options);
    return (await this.run(operation, scope, () => true)).tools;
  }

  /**
   * Calls a tool as it was listed for this user. It is asked a second time only if the first call surely never ran.
   */
  public async callTool(tool: Tool, input: Record<string, unknown>, scope: ToolsetScope): Promise<CallToolResult> {
    const options = { ...this.optionsOf(scope, this.binding.timeoutMs), toolDefinition: tool };
    const operation = (client: Client) => client.callTool({ name: tool.name, arguments: input }, options);
    return this.run(operation, scope, neverRan);
  }

  /** Ends the connection, also one that is being made; a session is given back. */
  public async close(): Promise<void> {
    this.closing.abort(new Error('The toolset client is closed.'));
    const connection = await this.current?.catch(() => undefined);
    this.current = undefined;
    if (connection !== undefined) await leave(connection);
  }

  private get listTimeoutMs(): number {
    return Math.min(this.binding.timeoutMs, LIST_TIMEOUT_MS);
  }

  private optionsOf(scope: ToolsetScope, timeoutMs: number): RequestOptions {
    const { requestId, userClaim, traceHeaders, signal, leftMs } = scope;
    const headers = {
      ...traceHeaders,
      [REQUEST_ID_HEADER]: requestId,
      [TIME_LEFT_HEADER]: String(Math.ceil(Math.min(timeoutMs, leftMs()))),
      ...(userClaim !== undefined && { [USER_CLAIM_HEADER]: userClaim }),
    };
    return { signal, timeout: timeoutMs, maxTotalTimeout: timeoutMs, headers };
  }

  private async run<T>(
    operation: (client: Client) => Promise<T>,
    { signal }: ToolsetScope,
    mayRepeat: (error: unknown) => boolean,
  ): Promise<T> {
    const connection = await abortable(this.connect(), signal);
    try {
      return await this.use(connection, operation);
    } catch (error) {
      if (!isLostConnection(error)) throw error;
      this.retire(connection);
      if (signal.aborted || !mayRepeat(error)) throw error;
    }
    return this.use(await abortable(this.connect(), signal), operation);
  }

  private async use<T>(connection: Connection, operation: (client: Client) => Promise<T>): Promise<T> {
    connection.inFlight += 1;
    try {
      return await operation(connection.client);
    } finally {
      connection.inFlight -= 1;
      this.closeIfUnused(connection);
    }
  }

  private connect(): Promise<Connection> {
    const connecting = (this.current ??= this.open());
    // The next request tries again.
    connecting.catch(() => {
      if (this.current === connecting) this.current = undefined;
    });
    return connecting;
  }

  private async open(): Promise<Connection> {
    const { host, port } = this.binding;
    const transport = new StreamableHTTPClientTransport(new URL(`http://${host}:${port}/mcp`), { fetch: this.fetch });
    const client = new Client(
      { name: 'agentyard-agent', version: String(CONTRACT_VERSION) },
      { versionNegotiation: { mode: 'auto' }, jsonSchemaValidator: new OutputValidators() },
    );
    try {
      await abortable(client.connect(transport, { timeout: this.listTimeoutMs }), this.closing.signal);
      return { client, transport, inFlight: 0, retired: false };
    } catch (error) {
      void transport.close();
      throw error;
    }
  }

  private retire(connection: Connection): void {
    if (connection.retired) return;
    connection.retired = true;
    this.current = undefined;
    this.closeIfUnused(connection);
  }

  private closeIfUnused(connection: Connection): void {
    if (connection.retired && connection.inFlight === 0) void leave(connection);
  }
}

/** Shows with every request who the agent is, also with those that the SDK makes of its own accord. */
function withAuthorization(fetch: typeof globalThis.fetch, bearer: () => Promise<string>): typeof globalThis.fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', await bearer());
    return fetch(input, { ...init, headers });
  };
}

/**
 * Ends a POST when nobody can wait for its answer any more. With a session the SDK only tells the toolset that a call
 * is cancelled, and a toolset that hangs would keep the connection open.
 */
function withTimeLimit(fetch: typeof globalThis.fetch, timeoutMs: number): typeof globalThis.fetch {
  return (input, init) => {
    if (init?.method !== 'POST') return fetch(input, init);
    const signals = [AbortSignal.timeout(timeoutMs + CUT_AFTER_MS), ...(init.signal ? [init.signal] : [])];
    return fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };
}

/** Gives the session back, which a toolset that still has it would keep otherwise, and ends the connection. */
async function leave({ client, transport }: Connection): Promise<void> {
  const farewell = transport.terminateSession();
  await abortable(farewell, AbortSignal.timeout(FAREWELL_MS)).catch(() => undefined);
  await client.close();
}
