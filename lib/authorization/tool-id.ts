/** A tool of a toolset, or of an MCP server of others. */
export interface ToolId {
  /** `namespace/name` of the toolset; the name of an MCP server of others, as gateways know it. */
  readonly toolset: string;
  /** Name of the tool there; `*` stands for those of an MCP server that no document names. */
  readonly tool: string;
}

/** Stands for the tools of an MCP server that no document names. */
export const OTHER_TOOLS = '*';

/** `namespace/toolset/tool`, or `server/tool`. */
export function toolKey({ toolset, tool }: ToolId): string {
  return `${toolset}/${tool}`;
}

/** Whether a tool is of an MCP server of others: such servers have no namespace that documents tell. */
export function isOfServer({ toolset }: Pick<ToolId, 'toolset'>): boolean {
  return !toolset.includes('/');
}

/** How answers call an MCP server. */
export function serverTitle(name: string): string {
  return `MCP server ${name}`;
}

/** How answers call whose tool it is: `toolset tools/logs`, `MCP server github`. */
export function ownerText({ toolset }: ToolId): string {
  return isOfServer({ toolset }) ? serverTitle(toolset) : `toolset ${toolset}`;
}
