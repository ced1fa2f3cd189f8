import type { AllowedRoles, GatewayToolset } from 'agentyard/contract';

/** A tool as the gateway offers it, and where it is. */
export interface OfferedTool {
  /** Name under which it is offered. */
  readonly as: string;
  /** Name in its toolset. */
  readonly name: string;
  /** Who may see and call it. */
  readonly allowedRoles: AllowedRoles;
  readonly toolset: GatewayToolset;
}

/** Tools by the names under which they are offered, in the document's order. */
export class ToolDirectory {
  /** The tools of all toolsets of a document, under names that are told apart. */
  public static ofAll(toolsets: readonly GatewayToolset[]): ToolDirectory {
    return new ToolDirectory(toolsets.flatMap((toolset) => toolset.tools.map((tool) => ({ ...tool, toolset }))));
  }

  /** The tools of one toolset, under their own names. */
  public static ofOne(toolset: GatewayToolset): ToolDirectory {
    return new ToolDirectory(toolset.tools.map((tool) => ({ ...tool, as: tool.name, toolset })));
  }

  private readonly tools: ReadonlyMap<string, OfferedTool>;

  private constructor(tools: readonly OfferedTool[]) {
    this.tools = new Map(tools.map((tool) => [tool.as, tool]));
  }

  /** The tool of an offered name, if there is one. */
  public find(as: string): OfferedTool | undefined {
    return this.tools.get(as);
  }

  /** All of them. */
  public all(): OfferedTool[] {
    return [...this.tools.values()];
  }
}
