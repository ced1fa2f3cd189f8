import type { ToolsetBinding } from '../contract';
import { SynthError } from '../errors/synth-error';

/** A toolset that is used, and the tools of it that are. */
export interface ToolUse {
  readonly toolset: string;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly tools: readonly string[];
}

/**
 * The bindings of an agent or gateway: one per toolset, each tool under its own name, and as `<toolset>__<tool>`
 * where two toolsets have a tool of the same name.
 *
 * @throws SynthError TOOL_DUPLICATE when a tool is given twice
 */
export function bindTools(uses: readonly ToolUse[], path: string): ToolsetBinding[] {
  const byHost = new Map<string, { use: ToolUse; tools: string[] }>();
  for (const use of uses) {
    const bound = byHost.get(use.host) ?? { use, tools: [] };
    byHost.set(use.host, bound);
    for (const tool of use.tools) {
      if (bound.tools.includes(tool)) {
        throw new SynthError('TOOL_DUPLICATE', path, {
          message: `tool "${tool}" of toolset "${use.toolset}" is given twice`,
          remedy: 'Remove one of the two',
        });
      }
      bound.tools.push(tool);
    }
  }
  const owners = new Map<string, number>();
  for (const { tools } of byHost.values()) for (const tool of tools) owners.set(tool, (owners.get(tool) ?? 0) + 1);
  const offered = (toolset: string, tool: string) => ((owners.get(tool) ?? 0) > 1 ? `${toolset}__${tool}` : tool);
  return [...byHost.values()].map(({ use, tools }) => ({
    name: use.toolset,
    host: use.host,
    port: use.port,
    timeoutMs: use.timeoutMs,
    tools: tools.map((name) => ({ name, as: offered(use.toolset, name) })),
  }));
}
