import type { LoadLimitsInput, ToolPermission, ToolsetBinding } from '../contract';
import { SynthError } from '../errors/synth-error';

/** A toolset that is used, and the tools of it that are. */
export interface ToolUse {
  readonly toolset: string;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly tools: readonly string[];
  /** What the caller shows it. */
  readonly serviceToken: ToolsetBinding['serviceToken'];
  /** How much a gateway sends to it at once. */
  readonly limits: LoadLimitsInput;
  /** Who may call each of its tools, and with which arguments, by the tool's name. */
  readonly permissions: Readonly<Record<string, ToolPermission>>;
}

/** A toolset that may be called, with who may call its tools with what, and how much of it at once. */
export interface RoleBoundToolset extends ToolsetBinding {
  readonly limits: LoadLimitsInput;
  readonly tools: (ToolsetBinding['tools'][number] & ToolPermission)[];
}

/**
 * The bindings of an agent or gateway: one per toolset, each tool under its own name, and as `<toolset>__<tool>`
 * where two toolsets have a tool of the same name.
 *
 * @throws SynthError TOOL_DUPLICATE when a tool is given twice, or two would have the same name
 */
export function bindTools(uses: readonly ToolUse[], path: string): RoleBoundToolset[] {
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
  const bindings = [...byHost.values()].map(({ use, tools }) => ({
    name: use.toolset,
    host: use.host,
    port: use.port,
    timeoutMs: use.timeoutMs,
    serviceToken: use.serviceToken,
    limits: use.limits,
    tools: tools.map((name) => ({
      name,
      as: offered(use.toolset, name),
      // A tool that nothing is said of is nobody's.
      ...(use.permissions[name] ?? { allowedRoles: [] }),
    })),
  }));
  refuseEqualNames(bindings, path);
  return bindings;
}

/** Toolsets of one id in two namespaces, or a tool that is itself called `<toolset>__<tool>`. */
function refuseEqualNames(bindings: readonly ToolsetBinding[], path: string): void {
  const hosts = new Map<string, string>();
  for (const { host, tools } of bindings) {
    for (const { as } of tools) {
      const other = hosts.get(as);
      if (other !== undefined) {
        throw new SynthError('TOOL_DUPLICATE', path, {
          message: `a tool of ${other} and one of ${host} would both be called "${as}"`,
          remedy: 'Give the toolsets different ids, or rename a tool',
        });
      }
      hosts.set(as, host);
    }
  }
}
