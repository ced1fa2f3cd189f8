import type { ContainerResources, EnvValue, ISecret } from 'cdk8s-plus-29';
import type { VolumeSource } from './volume-source';

/** A volume and where the runtime's container sees it. */
export interface PodVolume {
  /** Name of the volume, a DNS label. */
  readonly name: string;
  /** Absolute path in the container. */
  readonly mountPath: string;
  /** What stands behind it. */
  readonly source: VolumeSource;
  /**
   * Whether it cannot be written.
   * @default true
   */
  readonly readOnly?: boolean;
}

/** A taint of nodes that pods accept. */
export interface Toleration {
  /** Key of the taint. */
  readonly key: string;
  /**
   * Value of the taint.
   * @default - any value
   */
  readonly value?: string;
  /**
   * Effect of the taint: `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
   * @default - all effects
   */
  readonly effect?: string;
}

/** Options of every construct that makes pods. */
export interface PodOptions {
  /**
   * Image of the runtime.
   * @default - the runtime's image in the version of this library
   */
  readonly image?: string;
  /**
   * Number of pods.
   * @default - 2 for a gateway, else 1
   */
  readonly replicas?: number;
  /**
   * CPU and memory of the container; what is not given keeps its default.
   * @default - a request of 100m and 128Mi; a limit of 1 CPU (sandboxes 500m) and 512Mi
   */
  readonly resources?: ContainerResources;
  /**
   * Labels of the pods. Those that select the pods cannot be replaced.
   * @default - none
   */
  readonly podLabels?: Record<string, string>;
  /**
   * Annotations of the pods.
   * @default - none
   */
  readonly podAnnotations?: Record<string, string>;
  /**
   * Environment variables of the container. Names that begin with `AGENTYARD_` are reserved.
   * @default - none
   */
  readonly env?: Record<string, EnvValue>;
  /**
   * Volumes of the pod.
   * @default - none
   */
  readonly volumes?: PodVolume[];
  /**
   * Secrets with credentials for the image registry.
   * @default - none
   */
  readonly imagePullSecrets?: ISecret[];
  /**
   * Labels that a node must have.
   * @default - any node
   */
  readonly nodeSelector?: Record<string, string>;
  /**
   * Taints that the pods accept.
   * @default - none
   */
  readonly tolerations?: Toleration[];
}
