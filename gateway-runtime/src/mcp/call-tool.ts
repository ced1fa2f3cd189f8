import { may, ROLE_MISSING } from '../pipeline/authorize.js';
import { metaOf } from './envelope.js';
import { ERROR_CODES, RpcError, type JsonObject, type RpcRequest } from './json-rpc.js';
import type { McpExchange } from './exchange.js';
import type { McpReply } from './reply.js';
import { failedCall, passedAnswer } from './tool-answer.js';
import type { OfferedTool } from './tool-directory.js';
import { ToolsetUnavailableError } from './upstream.js';

/** Reason of audit lines for a tool that is not offered. */
const TOOL_UNKNOWN = 'tool-unknown';

/**
 * Calls the tool that `params.name` offers, with its own name, at a pod of its toolset. What the tool answers stays
 * as it was sent, unknown members included.
 *
 * @returns the JSON-RPC response; a tool result with `isError` when the toolset gave no answer, so that the model sees it
 * @throws RpcError -32602 for a tool that is not offered (MCP, Tools, "Error Handling"), or not to this caller, who
 *   cannot tell one from the other
 */
export async function callTool(
  exchange: McpExchange,
  { id, params = {} }: RpcRequest,
  reply: McpReply,
): Promise<Buffer | string> {
  const { upstream, context } = exchange;
  const { audit } = context;
  const tool = toolOf(exchange, params);
  audit.allow();
  try {
    const answer = await upstream.request(tool.toolset, {
      ...exchange.request,
      method: 'tools/call',
      id,
      params: forwardedParams(params, tool.name, reply.takesEvents),
      timeoutMs: tool.toolset.timeoutMs,
      ...(reply.takesEvents && { onNotification: (text) => reply.notify(text) }),
    });
    return passedAnswer(answer, id, exchange, tool.toolset.name);
  } catch (error) {
    if (!(error instanceof ToolsetUnavailableError)) throw error;
    const { name: toolset } = tool.toolset;
    context.log.warn({ event: 'toolset-unavailable', toolset, reason: error.message }, 'a tool call failed');
    const text = error.wasSent
      ? `The toolset "${toolset}" failed: ${error.message}. The call may have had its effect.`
      : `The toolset "${toolset}" is unavailable: ${error.message}. Nothing was called; the call may be retried.`;
    return failedCall(text, id, exchange);
  }
}

/** The tool that is called, if the caller may call it. */
function toolOf({ directory, request, context: { audit } }: McpExchange, { name }: JsonObject): OfferedTool {
  if (typeof name !== 'string') throw new RpcError(ERROR_CODES.invalidParams, 'params.name must be a string');
  const tool = directory.find(name);
  if (tool !== undefined) audit.note({ toolset: tool.toolset.name, tool: tool.as });
  if (tool !== undefined && may(request.caller, tool)) return tool;
  audit.deny(tool === undefined ? TOOL_UNKNOWN : ROLE_MISSING);
  throw new RpcError(ERROR_CODES.invalidParams, `Unknown tool: ${name}`);
}

/** Progress is not asked for where it cannot be passed back; trace context and the like go on. */
function forwardedParams(params: JsonObject, name: string, takesEvents: boolean): JsonObject {
  const { progressToken, ...meta } = metaOf(params) ?? {};
  const asked = takesEvents && progressToken !== undefined ? { ...meta, progressToken } : meta;
  return { arguments: {}, ...params, name, _meta: asked };
}
