/** What MCP says of how a tool behaves. Clients and models take it for hints. */
export interface ToolAnnotations {
  /**
   * Whether it changes nothing.
   * @default - not said
   */
  readonly readOnlyHint?: boolean;
  /**
   * Whether it may destroy something.
   * @default - not said
   */
  readonly destructiveHint?: boolean;
  /**
   * Whether a second call with the same arguments changes nothing more.
   * @default - not said
   */
  readonly idempotentHint?: boolean;
  /**
   * Whether it deals with what is outside of the platform.
   * @default - not said
   */
  readonly openWorldHint?: boolean;
}

/** Where the tools of a source are declared: in one of the two places. */
export interface ToolDeclarations {
  /**
   * Absolute path of a `toolset.manifest.json` on this machine that declares the tools.
   * @default - `tools` declares them
   */
  readonly manifest?: string;
  /**
   * What is declared of the tools, in place of a manifest.
   * @default - `manifest` declares them
   */
  readonly tools?: ToolDeclaration[];
}

/** What is declared of a tool before its code runs, as `toolset.manifest.json` has it. */
export interface ToolDeclaration {
  /** Name by which it is called: 1 to 64 of a-z, A-Z, 0-9, `_` and `-`; its module exports a function of this name. */
  readonly name: string;
  /**
   * Name for people.
   * @default - none
   */
  readonly title?: string;
  /** What it does, for the model that chooses it. */
  readonly description: string;
  /** JSON Schema (2020-12) of its arguments, an object; checked before the code runs. */
  readonly inputSchema: Record<string, any>;
  /**
   * JSON Schema (2020-12) of its structured result, an object.
   * @default - its results are not checked
   */
  readonly outputSchema?: Record<string, any>;
  /**
   * How it behaves.
   * @default - not said
   */
  readonly annotations?: ToolAnnotations;
  /**
   * File that exports it, below the directory of the tools; not for tools of a server.
   * @default - the entry module
   */
  readonly module?: string;
}
