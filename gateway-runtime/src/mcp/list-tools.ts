import type { ToolsetBinding } from 'agentyard/contract';
import type { RequestContext } from '@agentyard/runtime-kit';
import type { ToolDirectory } from './tool-directory.js';
import { isObject, type JsonObject, type McpUpstream } from './upstream.js';

/** How long a toolset may take to list its tools before the list goes out without them. */
const LIST_TIMEOUT_MS = 5_000;

/** Most pages of one toolset's list; a cursor that never ends must not keep us. */
const MAX_PAGES = 100;

/**
 * The declared tools of all toolsets under their offered names, in the document's order. What a toolset says of a
 * tool stays as it was sent. A toolset that does not answer leaves the others' tools, and a warning.
 */
export async function listTools(
  directory: ToolDirectory,
  upstream: McpUpstream,
  context: RequestContext,
): Promise<JsonObject[]> {
  const lists = new Map(
    await Promise.all(
      directory.toolsets.map(async (toolset) => [toolset.name, await toolsOf(toolset, upstream, context)] as const),
    ),
  );
  return directory.all().flatMap(({ as, name, toolset }) => {
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
  toolset: ToolsetBinding,
  upstream: McpUpstream,
  context: RequestContext,
): Promise<ReadonlyMap<unknown, JsonObject> | undefined> {
  const tools = new Map<unknown, JsonObject>();
  const until = performance.now() + LIST_TIMEOUT_MS;
  try {
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const result = await upstream.request(toolset, {
        method: 'tools/list',
        params: typeof cursor === 'string' ? { cursor } : {},
        timeoutMs: Math.max(1, Math.round(until - performance.now())),
        requestId: context.requestId,
        signal: context.signal,
      });
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
