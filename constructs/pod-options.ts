import type { ContainerResources, EnvValue, ImagePullPolicy, IServiceAccount, ISecret } from 'cdk8s-plus-29';
import type { Autoscaling } from './autoscaling';
import type { DisruptionBudget } from './disruption-budget';
import type { PodSecurity } from './pod-security';
import type { ProbeOptions } from './probe-options';
import type { RolloutOptions } from './rollout-options';
import type { SchedulingOptions } from './scheduling-options';
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

/** Options of every construct that makes pods, whatever runs in them. */
export interface WorkloadOptions extends RolloutOptions, SchedulingOptions {
  /**
   * When the node pulls the image.
   * @default - always for the tag `latest`, else if it is not there
   */
  readonly imagePullPolicy?: ImagePullPolicy;
  /**
   * Number of pods; not beside `autoscaling`.
   * @default - 2 for a gateway and for the egress proxy, else 1
   */
  readonly replicas?: number;
  /**
   * How the number of pods follows the load.
   * @default - it does not
   */
  readonly autoscaling?: Autoscaling;
  /**
   * How many pods may be gone at once while nodes are drained.
   * @default DisruptionBudget.maxUnavailable(1)
   */
  readonly disruptionBudget?: DisruptionBudget;
  /**
   * CPU, memory and ephemeral storage of the container; what is not given keeps its default.
   * @default - a request of 100m, 128Mi and 64Mi; a limit of 1 CPU (sandboxes 500m), 512Mi (sandboxes 640Mi) and 512Mi
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
   * When the pod is restarted.
   * @default - three failures 10 s apart
   */
  readonly livenessProbe?: ProbeOptions;
  /**
   * When the pod gets requests.
   * @default - until two failures 5 s apart
   */
  readonly readinessProbe?: ProbeOptions;
  /**
   * How long the pod may take to start.
   * @default - sixty failures 1 s apart
   */
  readonly startupProbe?: ProbeOptions;
  /**
   * What of the pods' security is not as by default. What weakens it warns, what Pod Security `restricted` refuses fails.
   * @default - nothing
   */
  readonly security?: PodSecurity;
  /**
   * ServiceAccount of the pods, in their namespace.
   * @default - one of their own, without rights
   */
  readonly serviceAccount?: IServiceAccount;
}

/** Options of every construct whose pods run a runtime of this library. */
export interface PodOptions extends WorkloadOptions {
  /**
   * Image of the runtime.
   * @default - the runtime's image in the version of this library
   */
  readonly image?: string;
  /**
   * Whether an image of your own sends its HTTP requests through the proxy that HTTPS_PROXY names. Needed for hosts with
   * `Egress.proxy()`.
   * @default - true for the images of this library, false for others
   */
  readonly honoursProxy?: boolean;
}
