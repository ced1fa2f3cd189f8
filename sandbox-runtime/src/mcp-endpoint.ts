import { AsyncLocalStorage } from 'node:async_hooks';
import {
  auditRefusal,
  CallerCheck,
  handleWithWeb,
  HttpProblem,
  type Handler,
  traceParentOf,
  type RequestContext,
  type TrustStore,
} from '@agentyard/runtime-kit';
import {
  createMcpHandler,
  localhostAllowedOrigins,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  validateOriginHeader,
  type Tool,
} from '@modelcontextprotocol/server';
import { TIME_LEFT_HEADER, timeFor, type ToolsetDocument } from 'agentyard/contract';
import manifest from '../package.json' with { type: 'json' };
import { ToolAccess, type ToolsetCaller } from './tool-access.js';
import type { ToolRunner } from './tool-runner.js';

type ToolDeclaration = ToolsetDocument['tools'][number];

/** The HTTP request that an MCP message came with, and who sent it. */
interface McpExchange {
  readonly context: RequestContext;
  readonly by: ToolsetCaller;
  /** The trace that it belongs to, by what its sender says. */
  readonly traceId: string | undefined;
  /** How long the caller waits, in milliseconds; without end if it does not say. */
  readonly leftMs: number;
}

/** Serves a toolset's tools over MCP, Streamable HTTP, without sessions: every request stands for itself. */
export class McpEndpoint {
  /** The SDK does not pass it through in both eras. */
  private readonly exchange = new AsyncLocalStorage<McpExchange>();
  private readonly callers: CallerCheck<ToolsetCaller['caller']>;
  private readonly access: ToolAccess;
  private readonly mcp: ReturnType<typeof createMcpHandler>;

  public constructor(
    private readonly document: ToolsetDocument,
    private readonly runner: ToolRunner,
    trust: TrustStore,
  ) {
    this.callers = new CallerCheck(trust, document.identity);
    this.access = new ToolAccess(document.tools);
    this.mcp = createMcpHandler(() => this.createServer(), { maxRequestBodySize: document.maxBodyBytes });
  }

  /** Handler of `/mcp`. */
  public readonly handle: Handler = async (request, response, context) => {
    // Nothing that runs in a browser has business here: that is how DNS rebinding is kept out (MCP, transports).
    if (!validateOriginHeader(request.headers.origin, localhostAllowedOrigins()).ok) {
      throw new HttpProblem('origin-refused', 'Leave the Origin header out.');
    }
    const by = await auditRefusal(context, () => this.callers.check(request.headers));
    const traceId = traceParentOf(request.headers)?.traceId;
    context.annotate({ caller: by.caller.name, user: by.user?.sub, traceId });
    const leftMs = timeFor(request.headers[TIME_LEFT_HEADER], Infinity);
    await handleWithWeb(request, response, context.signal, this.document.maxBodyBytes, (web) =>
      this.exchange.run({ context, by, leftMs, traceId }, () => this.mcp.fetch(web)),
    );
  };

  /** Ends what is still being answered. */
  public async close(): Promise<void> {
    await this.mcp.close();
  }

  private createServer(): Server {
    const server = new Server({ name: this.document.name, version: manifest.version }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => {
      return { tools: this.access.allowed(this.current().by).map(declarationOf) };
    });
    server.setRequestHandler('tools/call', async ({ params: { name, arguments: input = {} } }, { mcpReq }) => {
      const { context, by, leftMs, traceId } = this.current();
      const known = { method: 'tools/call', caller: by.caller.name, user: by.user?.sub, traceId };
      const log = context.log.child(known);
      const tool = this.access.find(name, by);
      if (typeof tool === 'string') {
        this.runner.deny(name, tool, log);
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
      }
      const unmet = this.access.unmet(tool, input, by);
      if (unmet.length > 0) return this.runner.refuseArguments(name, unmet, log);
      return this.runner.call(tool, input, { signal: AbortSignal.any([mcpReq.signal, context.signal]), leftMs }, log);
    });
    return server;
  }

  private current(): McpExchange {
    const exchange = this.exchange.getStore();
    if (exchange === undefined) throw new Error('an MCP message came outside of a request');
    return exchange;
  }
}

/** What clients are told of a tool: its declaration, not where its code is. */
function declarationOf({ name, title, description, inputSchema, outputSchema, annotations }: ToolDeclaration): Tool {
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    inputSchema,
    ...(outputSchema !== undefined && { outputSchema }),
    ...(annotations !== undefined && { annotations }),
  };
}
