/** What pods may do in the Kubernetes API, in their own namespace. Names stand one by one; `*` is refused. */
export interface KubernetesRule {
  /**
   * API groups of the resources.
   * @default - the core group
   */
  readonly apiGroups?: string[];
  /** Resources, in the plural: `pods`, `pods/log`. */
  readonly resources: string[];
  /** What may be done with them: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`. */
  readonly verbs: string[];
  /**
   * Names of the objects.
   * @default - all of the namespace
   */
  readonly resourceNames?: string[];
}
