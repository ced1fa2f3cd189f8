import { ProtocolError, ProtocolErrorCode, SERVER_INFO_META_KEY } from '@modelcontextprotocol/server';
import { may, ROLE_MISSING } from '../pipeline/authorize.js';
import type { OfferedTool, ToolDirectory } from './tool-directory.js';
import type { ToolRequest } from './tool-request.js';
import { isObject, ToolsetUnavailableError, type JsonObject, type McpUpstream } from './upstream.js';

/** Reason of audit lines for a tool that is not offered. */
const TOOL_UNKNOWN = 'tool-unknown';

/**
 * Calls the tool that `params.name` offers, with its own name, at a pod of its toolset. What the tool answers stays
 * as it was sent, unknown members included.
 *
 * @returns a tool result; one with `isError` when the toolset gave no answer, so that the model sees it
 * @throws ProtocolError -32602 for a tool that is not offered (MCP, Tools, "Error Handling"), or not to this caller, who
 *   cannot tell one from the other; the toolset's own errors
 */
export async function callTool(
  directory: ToolDirectory,
  upstream: McpUpstream,
  params: JsonObject,
  request: ToolRequest,
): Promise<JsonObject> {
  const { context } = request;
  const { audit } = context;
  const tool = toolOf(directory, params, request);
  audit.allow();
  try {
    const result = await upstream.request(tool.toolset, {
      method: 'tools/call',
      params: { name: tool.name, arguments: params.arguments ?? {}, _meta: forwardedMeta(params._meta) },
      timeoutMs: tool.toolset.timeoutMs,
      ...request,
    });
    const passed = passedResult(result, tool.toolset.name);
    audit.note({ isError: passed.isError === true });
    return passed;
  } catch (error) {
    if (!(error instanceof ToolsetUnavailableError)) throw error;
    context.log.warn(
      { event: 'toolset-unavailable', toolset: tool.toolset.name, reason: error.message },
      'a tool call failed',
    );
    audit.note({ isError: true });
    return failure(
      error.wasSent
        ? `The toolset "${tool.toolset.name}" failed: ${error.message}. The call may have had its effect.`
        : `The toolset "${tool.toolset.name}" is unavailable: ${error.message}. Nothing was called; the call may be retried.`,
    );
  }
}

/** The tool that is called, if the caller may call it. */
function toolOf(
  directory: ToolDirectory,
  { name }: JsonObject,
  { caller, context: { audit } }: ToolRequest,
): OfferedTool {
  if (typeof name !== 'string')
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'params.name must be a string');
  const tool = directory.find(name);
  if (tool !== undefined) audit.note({ toolset: tool.toolset.name, tool: tool.as });
  if (tool !== undefined && may(caller, tool)) return tool;
  audit.deny(tool === undefined ? TOOL_UNKNOWN : ROLE_MISSING);
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
}

/** Progress is not passed back, so it is not asked for; trace context and the like go on. */
function forwardedMeta(meta: unknown): JsonObject {
  if (!isObject(meta)) return {};
  return Object.fromEntries(Object.entries(meta).filter(([key]) => key !== 'progressToken'));
}

/** Takes off what the toolset says of the hop to it: each hop has its own. */
function passedResult(result: JsonObject, toolset: string): JsonObject {
  const { resultType, _meta, ...rest } = result;
  if (resultType !== undefined && resultType !== 'complete') {
    return failure(`The toolset "${toolset}" answered with a kind of result that this gateway does not pass on.`);
  }
  if (!isObject(_meta)) return rest;
  const meta = Object.fromEntries(Object.entries(_meta).filter(([key]) => key !== SERVER_INFO_META_KEY));
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}

function failure(text: string): JsonObject {
  return { content: [{ type: 'text', text }], isError: true };
}
