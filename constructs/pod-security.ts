/**
 * Security of pods, where a program may decide otherwise. What has no option here is fixed: no root, no capability, no
 * escalation of privileges, nothing of the host, as Pod Security `restricted` asks.
 */
export interface PodSecurity {
  /**
   * User that runs the containers, never 0. Refused where the cluster assigns users (OpenShift), but beside a
   * `podAnnotations` of `openshift.io/required-scc` that names other constraints.
   * @default 65534, or the cluster's choice on OpenShift
   */
  readonly runAsUser?: number;
  /**
   * Group of that user; as `runAsUser`.
   * @default 65534, or the cluster's choice on OpenShift
   */
  readonly runAsGroup?: number;
  /**
   * Group that owns the files of volumes; as `runAsUser`.
   * @default 65534, or the cluster's choice on OpenShift
   */
  readonly fsGroup?: number;
  /**
   * A seccomp profile on the nodes, by its path below the kubelet's folder for them; on OpenShift as `runAsUser`.
   * @default - the profile of the container runtime (`RuntimeDefault`)
   */
  readonly seccompProfile?: string;
  /**
   * Whether the root file system cannot be written. False warns.
   * @default true
   */
  readonly readOnlyRootFilesystem?: boolean;
  /**
   * Whether Services of the namespace become environment variables. True warns.
   * @default false
   */
  readonly serviceLinks?: boolean;
  /**
   * Whether the token of the ServiceAccount is mounted. True warns.
   * @default - only with `connections.allowToApiServer()`
   */
  readonly automountToken?: boolean;
}
