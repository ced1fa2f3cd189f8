import type { CallPath, Calls, Principal, ToolId } from 'agentyard/authorization';
import { isOfServer, toolKey } from 'agentyard/authorization';

/** A tool that somebody may call on one side and not on the other. */
export interface CallChange {
  readonly sign: '+' | '-';
  /** A user of one gateway with the fewest roles that it takes, or a service. */
  readonly principal: Principal;
  readonly tool: ToolId;
  /** The ways on the side on which it may. */
  readonly paths: readonly CallPath[];
  /** The fewest roles, more than those of the user, that it takes on the other side. */
  readonly instead: readonly (readonly string[])[];
}

/** What changes about who may call which tool, on whatever ways: users by their roles, and services. */
export function callChanges(before: Calls, after: Calls): CallChange[] {
  const [was, is] = [new Side(before), new Side(after)];
  return [...newCalls('+', was, is), ...newCalls('-', is, was)];
}

/** The tools of one side, asked for without regard to whether they are there. */
class Side {
  private readonly tools: ReadonlySet<string>;
  private readonly gateways: ReadonlySet<string>;

  public constructor(public readonly calls: Calls) {
    this.tools = new Set(calls.tools.map(toolKey));
    this.gateways = new Set(calls.gateways);
  }

  /** Its tools, and those of its MCP servers that only the other side names: here they are among the others of the server. */
  public toolsBeside({ calls }: Side): ToolId[] {
    const further = calls.tools.filter((tool) => !this.tools.has(toolKey(tool)) && this.has(tool, undefined));
    return [...this.calls.tools, ...further];
  }

  public pathsFor(principal: Principal, tool: ToolId): CallPath[] {
    const gateway = 'roles' in principal ? principal.gateway : undefined;
    return this.has(tool, gateway) ? this.calls.pathsFor(principal, tool) : [];
  }

  public fewestRolesFor(tool: ToolId, gateway: string): string[][] {
    return this.has(tool, gateway) ? this.calls.fewestRolesFor(tool, gateway) : [];
  }

  private has(tool: ToolId, gateway: string | undefined): boolean {
    const isThere = this.tools.has(toolKey(tool)) || (isOfServer(tool) && this.calls.servers.includes(tool.toolset));
    return isThere && (gateway === undefined || this.gateways.has(gateway));
  }
}

/** What may be called on one side and not on the other. */
function newCalls(sign: '+' | '-', other: Side, side: Side): CallChange[] {
  const { gateways, services } = side.calls;
  const tools = side.toolsBeside(other);
  const users = gateways.flatMap((gateway) =>
    tools.flatMap((tool) => side.fewestRolesFor(tool, gateway).map((roles) => [{ roles, gateway }, tool] as const)),
  );
  const alone = services.flatMap((subject) => tools.map((tool) => [{ subject }, tool] as const));
  return [...users, ...alone].flatMap(([principal, tool]: readonly [Principal, ToolId]) => {
    const paths = side.pathsFor(principal, tool);
    if (paths.length === 0 || other.pathsFor(principal, tool).length > 0) return [];
    return [{ sign, principal, tool, paths, instead: insteadOf(principal, tool, other) }];
  });
}

/** With which further roles the tool may be called. */
function insteadOf(principal: Principal, tool: ToolId, side: Side): string[][] {
  if (!('roles' in principal) || principal.gateway === undefined) return [];
  const { roles, gateway } = principal;
  return side.fewestRolesFor(tool, gateway).filter((set) => roles.every((role) => set.includes(role)));
}
