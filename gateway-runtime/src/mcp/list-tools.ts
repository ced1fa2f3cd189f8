import type { GatewayToolset } from 'agentyard/contract';
import { isObject, type JsonObject } from './json-rpc.js';
import type { OfferedTool } from './tool-directory.js';
import type { ToolRequest } from './tool-request.js';
import { ToolsetUnavailableError, type McpUpstream } from './upstream.js';

/** How long a toolset may take to list its tools before the list goes out without them. */
const LIST_TIMEOUT_MS = 5_000;

/** Most pages of one toolset's list; a cursor that never ends must not keep us. */
const MAX_PAGES = 100;

/**
 * What the toolsets say of these tools, which stays as it was sent, under their offered names and in their order. A
 * toolset that does not answer leaves the others' tools, and a warning.
 */
export async function listTools(
  offered: readonly OfferedTool[],
  upstream: McpUpstream,
  request: ToolRequest,
): Promise<JsonObject[]> {
  const { context } = request;
  const toolsets = [...new Set(offered.map(({ toolset }) => toolset))];
  const lists = new Map(
    await Promise.all(
      toolsets.map(async (toolset) => [toolset.name, await toolsOf(toolset, upstream, request)] as const),
    ),
  );
  return offered.flatMap(({ as, name, toolset }) => {
    const tools = lists.get(toolset.name);
    const tool = tools?.get(name);
    if (tools !== undefined && tool === undefined) {
      context.log.warn(
        { event: 'tool-missing', toolset: toolset.name, tool: name },
        'the toolset does not list a declared tool',
      );
    }
    return tool === undefined ? [] : [{ ...tool, name: as }];
  });
}

/** Tools of a toolset by their own names; absent when it does not answer. */
async function toolsOf(
  toolset: GatewayToolset,
  upstream: McpUpstream,
  request: ToolRequest,
): Promise<ReadonlyMap<unknown, JsonObject> | undefined> {
  const { context } = request;
  const tools = new Map<unknown, JsonObject>();
  const until = performance.now() + LIST_TIMEOUT_MS;
  try {
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { message } = await upstream.request(toolset, {
        method: 'tools/list',
        id: context.requestId,
        params: typeof cursor === 'string' ? { cursor } : {},
        timeoutMs: Math.max(1, Math.round(until - performance.now())),
        ...request,
      });
      const result = resultOf(message);
      for (const tool of Array.isArray(result.tools) ? result.tools : [])
        if (isObject(tool)) tools.set(tool.name, tool);
      cursor = result.nextCursor;
      if (typeof cursor !== 'string') break;
    }
    return tools;
  } catch (error) {
    if (context.signal.aborted) throw error;
    const reason = (error as Error).message;
    context.log.warn(
      { event: 'toolset-unavailable', toolset: toolset.name, reason },
      'a toolset did not list its tools',
    );
    return undefined;
  }
}

/** @throws ToolsetUnavailableError for an error, of which the words are the toolset's */
function resultOf({ result, error }: JsonObject): JsonObject {
  if (isObject(result)) return result;
  throw new ToolsetUnavailableError(`it answers with the error ${String((error as JsonObject).code)}`, true);
}
