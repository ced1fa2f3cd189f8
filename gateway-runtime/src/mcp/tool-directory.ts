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

/** The tools that one document offers, by offered name, in its order. */
export class ToolDirectory {
  private readonly tools: ReadonlyMap<string, OfferedTool>;

  public constructor(toolsets: readonly GatewayToolset[]) {
    this.tools = new Map(toolsets.flatMap((toolset) => toolset.tools.map((tool) => [tool.as, { ...tool, toolset }])));
  }

  /** The tool of an offered name, if there is one. */
  public find(as: string): OfferedTool | undefined {
    return this.tools.get(as);
  }

  /** All tools, in the document's order. */
  public all(): OfferedTool[] {
    return [...this.tools.values()];
  }
}
