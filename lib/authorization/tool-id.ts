/** A tool of a toolset. */
export interface ToolId {
  /** `namespace/name` of the toolset. */
  readonly toolset: string;
  /** Name of the tool in its toolset. */
  readonly tool: string;
}

/** `namespace/toolset/tool`. */
export function toolKey({ toolset, tool }: ToolId): string {
  return `${toolset}/${tool}`;
}
