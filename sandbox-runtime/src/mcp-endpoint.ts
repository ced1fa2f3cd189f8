import { AsyncLocalStorage } from 'node:async_hooks';
import { handleWithWeb, type Handler } from '@agentyard/runtime-kit';
import {
  createMcpHandler,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import type { ToolsetDocument } from 'agentyard/contract';
import manifest from '../package.json' with { type: 'json' };
import type { ToolAccess } from './tool-access.js';
import type { Progress, ToolCalls } from './tool-calls.js';

import { logOf, type AdmittedRequest, type ToolsetCallers } from './toolset-callers.js';

type ToolDeclaration = ToolsetDocument['tools'][number];

/** Serves a toolset's tools over MCP, Streamable HTTP, without sessions: every request stands for itself. */
export class McpEndpoint {
  /** The SDK does not pass it through in both eras. */
  private readonly exchange = new AsyncLocalStorage<AdmittedRequest>();
  private readonly mcp: ReturnType<typeof createMcpHandler>;

  public constructor(
    private readonly document: ToolsetDocument,
    private readonly calls: ToolCalls,
    private readonly callers: ToolsetCallers,
    private readonly access: ToolAccess,
  ) {
    this.mcp = createMcpHandler(() => this.createServer(), { maxRequestBodySize: document.maxBodyBytes });
  }

  /** Handler of `/mcp`. */
  public readonly handle: Handler = async (request, response, context) => {
    const admitted = await this.callers.admit(request, context);
    await handleWithWeb(request, response, context.signal, this.document.maxBodyBytes, (web) =>
      this.exchange.run(admitted, () => this.mcp.fetch(web)),
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
      const admitted = this.current();
      const { context, by, leftMs } = admitted;
      const log = logOf(admitted, 'tools/call');
      const tool = this.access.find(name, by);
      if (typeof tool === 'string') {
        this.calls.deny(name, tool, log);
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
      }
      const unmet = this.access.unmet(tool, input, by);
      if (unmet.length > 0) return this.calls.refuseArguments(name, unmet, log);
      const signal = AbortSignal.any([mcpReq.signal, context.signal]);
      return (await this.calls.call(tool, input, { signal, leftMs, onProgress: progressFor(mcpReq) }, log)).result;
    });
    return server;
  }

  private current(): AdmittedRequest {
    const exchange = this.exchange.getStore();
    if (exchange === undefined) throw new Error('an MCP message came outside of a request');
    return exchange;
  }
}

/** Passes progress on to a client that asked for it, under its own token. */
function progressFor({ _meta, notify }: ServerContext['mcpReq']): ((progress: Progress) => void) | undefined {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return ({ progress, total, message }) => {
    const params = { progressToken, progress, total, message };
    // A client that has left needs none.
    notify({ method: 'notifications/progress', params }).catch(() => undefined);
  };
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
