import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { createMcpHandler, McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { TIME_LEFT_HEADER, USER_CLAIM_HEADER } from 'agentyard/contract';
import { z } from 'zod';

/** One `tools/call` that the server ran. */
export interface SeenCall {
  readonly tool: string;
  readonly requestId: string | null;
}

/** One HTTP request, as far as it says who calls. */
export interface SeenRequest {
  /** Method of the MCP message; of HTTP for a request without one. */
  readonly method: string;
  readonly authorization: string | undefined;
  readonly userClaim: string | undefined;
  /** How long the caller says that it waits. */
  readonly timeLeft: string | undefined;
  /** Where in a trace it says that it comes from. */
  readonly traceparent: string | undefined;
}

export interface McpServerOptions {
  /** Sessions as before the revision 2026-07-28, answered in-memory; without, the stateless revision. */
  readonly sessions?: boolean;
  readonly port?: number;
}

/** A toolset of its own over Streamable HTTP: lookups that work, fail, hang, and answer too much. */
export class TestMcpServer {
  public readonly calls: SeenCall[] = [];
  public readonly requests: SeenRequest[] = [];
  public initialized = 0;
  public listed = 0;
  public port = 0;
  private readonly http: HttpServer;
  private readonly sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  private readonly waiting = new Set<() => void>();
  private readonly handler = createMcpHandler(({ requestInfo }) => this.tools(requestInfo), { legacy: 'reject' });

  private constructor(private readonly options: McpServerOptions) {
    this.http = createServer((request, response) => void this.handle(request, response));
  }

  public static async start(options: McpServerOptions = {}): Promise<TestMcpServer> {
    const server = new TestMcpServer(options);
    await new Promise<void>((resolve) => server.http.listen(options.port ?? 0, '127.0.0.1', resolve));
    server.port = (server.http.address() as AddressInfo).port;
    return server;
  }

  public get openSessions(): number {
    return this.sessions.size;
  }

  /** All sessions are unknown from now on, as after a restart of one replica. */
  public forgetSessions(): void {
    this.sessions.clear();
  }

  /** Stops, once; as a pod that is gone. */
  public async stop(): Promise<void> {
    if (!this.http.listening) return;
    for (const release of this.waiting) release();
    await this.handler.close();
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
  }

  private tools(request: Request | undefined): McpServer {
    // It says that its list may be kept and shared, as a toolset may that knows nothing of users.
    const cacheHints = { 'tools/list': { ttlMs: 60_000, cacheScope: 'public' as const } };
    const server = new McpServer({ name: 'weather', version: '1.0.0' }, { cacheHints });
    const seen = (tool: string, headers = request?.headers) => {
      this.calls.push({ tool, requestId: headers?.get('x-request-id') ?? null });
    };
    server.registerTool(
      'forecast',
      {
        description: 'Tells the weather of a city.',
        inputSchema: z.object({ city: z.string() }),
        outputSchema: z.object({ city: z.string(), days: z.array(z.object({ high: z.number() })) }),
      },
      ({ city }, context) => {
        seen('forecast', context.http?.req?.headers);
        const structuredContent = { city, days: [{ high: 21 }, { high: 18 }] };
        return { content: [{ type: 'text', text: `Sunny in ${city}.` }], structuredContent };
      },
    );
    server.registerTool('failing', { description: 'Always fails.', inputSchema: z.object({}) }, () => {
      seen('failing');
      return {
        isError: true,
        content: [
          { type: 'text', text: 'The station' },
          { type: 'text', text: 'is closed.' },
        ],
      };
    });
    server.registerTool('huge', { description: 'Answers a lot.', inputSchema: z.object({}) }, () => {
      seen('huge');
      return { content: [{ type: 'text', text: 'x'.repeat(250_000) }] };
    });
    server.registerTool('slow', { description: 'Never answers.', inputSchema: z.object({}) }, async () => {
      seen('slow');
      await new Promise<void>((resolve) => this.waiting.add(resolve));
      return { content: [] };
    });
    server.registerTool('secret', { description: 'Not for this agent.', inputSchema: z.object({}) }, () => {
      seen('secret');
      return { content: [{ type: 'text', text: 'the secret' }] };
    });
    return server;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    if (request.url !== '/mcp') {
      response.writeHead(404).end();
      return;
    }
    const method = body.length > 0 ? (JSON.parse(body.toString()) as { method?: string }).method : undefined;
    const {
      authorization,
      traceparent,
      [USER_CLAIM_HEADER]: userClaim,
      [TIME_LEFT_HEADER]: timeLeft,
    } = request.headers;
    this.requests.push({
      method: method ?? request.method ?? '',
      authorization,
      userClaim: userClaim?.toString(),
      timeLeft: timeLeft?.toString(),
      traceparent: traceparent?.toString(),
    });
    if (method === 'tools/list') this.listed += 1;
    if (method === 'initialize') this.initialized += 1;
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]);
    const web = new Request(`http://127.0.0.1:${this.port}${request.url}`, {
      method: request.method,
      headers,
      body: body.length > 0 ? new Uint8Array(body) : undefined,
    });
    send(await this.answer(web, method), response);
  }

  private async answer(request: Request, method: string | undefined): Promise<Response> {
    if (this.options.sessions !== true) return this.handler.fetch(request);
    const id = request.headers.get('mcp-session-id');
    const known = id === null ? undefined : this.sessions.get(id);
    if (known !== undefined) return known.handleRequest(request);
    if (id !== null) return new Response('Session not found', { status: 404 });
    if (method !== 'initialize') return new Response('No session', { status: 400 });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (session) => void this.sessions.set(session, transport),
      onsessionclosed: (session) => void this.sessions.delete(session),
      enableJsonResponse: true,
    });
    await this.tools(undefined).connect(transport);
    return transport.handleRequest(request);
  }
}

function send(from: Response, to: ServerResponse): void {
  to.writeHead(from.status, Object.fromEntries(from.headers));
  if (from.body === null) {
    to.end();
    return;
  }
  to.flushHeaders();
  const body = Readable.fromWeb(from.body);
  to.once('close', () => body.destroy());
  body.on('error', () => to.destroy());
  body.pipe(to);
}
