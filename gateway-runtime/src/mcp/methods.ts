import { may } from '../pipeline/authorize.js';
import { callTool } from './call-tool.js';
import type { McpExchange } from './exchange.js';
import { ERROR_CODES, RpcError, type JsonObject, type RpcRequest } from './json-rpc.js';
import { listTools } from './list-tools.js';
import { listen } from './listen.js';
import type { McpReply } from './reply.js';
import { discovered, initialized, uncached } from './server-description.js';

/** Answers a request by its method. @returns the JSON-RPC response. @throws RpcError */
export async function answerRequest(
  exchange: McpExchange,
  request: RpcRequest,
  reply: McpReply,
): Promise<Buffer | string> {
  const { era, serverInfo } = exchange;
  const { id, method, params } = request;
  const isModern = era === 'modern';
  if (method === 'tools/call') return callTool(exchange, request, reply);
  if (method === 'tools/list') return response(id, await listed(exchange));
  if (isModern && method === 'server/discover') return response(id, discovered(serverInfo));
  if (isModern && method === 'subscriptions/listen') return response(id, await listen(request, serverInfo, reply));
  if (!isModern && method === 'initialize') return response(id, initialized(params, serverInfo));
  if (!isModern && method === 'ping') return response(id, {});
  throw new RpcError(ERROR_CODES.methodNotFound, 'Method not found', undefined, isModern ? 404 : 200);
}

async function listed({ era, serverInfo, directory, upstream, request }: McpExchange): Promise<JsonObject> {
  const allowed = directory.all().filter((tool) => may(request.caller, tool));
  const tools = await listTools(allowed, upstream, request);
  return era === 'modern' ? uncached({ tools }, serverInfo) : { tools };
}

function response(id: RpcRequest['id'], result: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}
