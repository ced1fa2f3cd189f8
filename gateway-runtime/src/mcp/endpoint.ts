import {
  createMcpHandler,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ListToolsResult,
} from '@modelcontextprotocol/server';
import { may } from '../pipeline/authorize.js';
import { callTool } from './call-tool.js';
import { listTools } from './list-tools.js';
import type { ToolDirectory } from './tool-directory.js';
import type { ToolRequest } from './tool-request.js';
import { isObject, type McpUpstream } from './upstream.js';

/** What answers one MCP request, and who asks. */
export interface McpExchange extends ToolRequest {
  readonly serverInfo: { readonly name: string; readonly version: string };
  readonly directory: ToolDirectory;
  readonly upstream: McpUpstream;
  readonly maxBodyBytes: number;
}

/** Methods that may stand in a log line; any other is only called `other`. */
const KNOWN_METHODS = new Set([
  'initialize',
  'notifications/cancelled',
  'notifications/initialized',
  'ping',
  'server/discover',
  'subscriptions/listen',
  'tools/call',
  'tools/list',
]);

/** Answers one HTTP request of the MCP endpoint, of both eras, without a session. */
export async function answerMcp(request: Request, exchange: McpExchange): Promise<Response> {
  const message = request.method === 'POST' ? await jsonOf(request.clone()) : undefined;
  const methods = (Array.isArray(message) ? message : [message]).map(methodOf);
  const { audit } = exchange.context;
  audit.note({ method: methods.length === 1 ? methods[0] : 'batch' });
  // Whoever was let in may ask for everything but a tool: which ones it may call is decided with each call.
  if (methods.some((method) => method !== 'tools/call')) audit.allow();
  const handler = createMcpHandler(() => createServer(exchange, methods.includes('tools/call')), {
    maxRequestBodySize: exchange.maxBodyBytes,
  });
  return handler.fetch(request, message === undefined ? {} : { parsedBody: message });
}

function createServer(exchange: McpExchange, callsTools: boolean): Server {
  const { directory, upstream, caller, identity, context } = exchange;
  const request = { caller, identity, context };
  const server = new Server(exchange.serverInfo, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', async () => {
    const allowed = directory.all().filter((tool) => may(caller, tool));
    const tools = await listTools(allowed, upstream, request);
    return { tools } as unknown as ListToolsResult;
  });
  // A handler registered for tools/call has its result parsed, which drops unknown members of content; the fallback
  // has not. It is set for tools/call only, so that the SDK answers other methods as the spec says.
  if (callsTools) {
    server.fallbackRequestHandler = async ({ method, params }) => {
      try {
        if (method !== 'tools/call') throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'Method not found');
        return await callTool(directory, upstream, params ?? {}, request);
      } catch (error) {
        const rpcError = error instanceof ProtocolError ? error.code : ProtocolErrorCode.InternalError;
        context.audit.note({ rpcError });
        throw error;
      }
    };
  }
  return server;
}

async function jsonOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}

function methodOf(message: unknown): string {
  const method = isObject(message) ? message.method : undefined;
  return typeof method === 'string' && KNOWN_METHODS.has(method) ? method : 'other';
}
