import { AsyncLocalStorage } from 'node:async_hooks';
import { handleWithWeb, HttpProblem, type Handler, type RequestContext } from '@agentyard/runtime-kit';
import {
  createMcpHandler,
  localhostAllowedOrigins,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  validateOriginHeader,
  type Tool,
} from '@modelcontextprotocol/server';
import type { ToolsetDocument } from 'agentyard/contract';
import manifest from '../package.json' with { type: 'json' };
import type { ToolRunner } from './tool-runner.js';

type ToolDeclaration = ToolsetDocument['tools'][number];

/** Serves a toolset's tools over MCP, Streamable HTTP, without sessions: every request stands for itself. */
export class McpEndpoint {
  /** What belongs to the HTTP request that an MCP message came with; the SDK does not pass it through in both eras. */
  private readonly exchange = new AsyncLocalStorage<RequestContext>();
  private readonly tools: readonly Tool[];
  private readonly mcp: ReturnType<typeof createMcpHandler>;

  public constructor(
    private readonly document: ToolsetDocument,
    private readonly runner: ToolRunner,
  ) {
    this.tools = document.tools.map(declarationOf);
    this.mcp = createMcpHandler(() => this.createServer(), { maxRequestBodySize: document.maxBodyBytes });
  }

  /** Handler of `/mcp`. */
  public readonly handle: Handler = async (request, response, context) => {
    // Nothing that runs in a browser has business here: that is how DNS rebinding is kept out (MCP, transports).
    if (!validateOriginHeader(request.headers.origin, localhostAllowedOrigins()).ok) {
      throw new HttpProblem('origin-refused', 'Leave the Origin header out.');
    }
    await handleWithWeb(request, response, context.signal, this.document.maxBodyBytes, (web) =>
      this.exchange.run(context, () => this.mcp.fetch(web)),
    );
  };

  /** Ends what is still being answered. */
  public async close(): Promise<void> {
    await this.mcp.close();
  }

  private createServer(): Server {
    const server = new Server({ name: this.document.name, version: manifest.version }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools: [...this.tools] }));
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
      const tool = this.document.tools.find(({ name }) => name === params.name);
      if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
      const context = this.exchange.getStore();
      if (context === undefined) throw new Error('a tool was called outside of a request');
      const signal = AbortSignal.any([mcpReq.signal, context.signal]);
      return this.runner.call(tool, params.arguments ?? {}, signal, context.log);
    });
    return server;
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
