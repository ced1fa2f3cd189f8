/** A published program that judges manifests. */
export type Tool = 'checkov' | 'kube-score';

/** What a tool finds wrong with an object. */
export interface Finding {
  readonly tool: Tool;
  /** As the tool calls its check. */
  readonly check: string;
  readonly message: string;
  /** `Deployment agents/support` */
  readonly object: string;
}

/** A judge of the manifests in a folder. */
export interface Linter {
  /** @throws if it cannot read one of them */
  judge(folder: string): Promise<Finding[]>;
}
