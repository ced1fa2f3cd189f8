import { Duration } from 'cdk8s';
import type { Scaling } from '../lib/workload/scaling';

/** Bounds of every autoscaler. */
export interface AutoscalingOptions {
  /**
   * Fewest pods, 1 or more: pods serve the metric themselves, so none would never become one again.
   * @default - 2 for a gateway, else 1
   */
  readonly minReplicas?: number;
  /** Most pods. */
  readonly maxReplicas: number;
  /**
   * How long the load must be lower before pods are taken away, in whole seconds up to an hour.
   * @default Duration.minutes(5)
   */
  readonly scaleDownStabilization?: Duration;
}

/** Options of an autoscaler that follows CPU. */
export interface CpuAutoscalingOptions extends AutoscalingOptions {
  /** CPU that pods use on average, in percent of what they request. */
  readonly targetCpuUtilization: number;
}

/** Options of an autoscaler that follows requests. */
export interface RequestAutoscalingOptions extends AutoscalingOptions {
  /** Requests that a pod has on average, in flight and queued. */
  readonly targetRequestsPerPod: number;
  /**
   * CPU that pods use on average, in percent of what they request; whichever asks for more pods decides.
   * @default - CPU does not count
   */
  readonly targetCpuUtilization?: number;
}

/** Options of a ScaledObject. */
export interface KedaAutoscalingOptions extends RequestAutoscalingOptions {
  /**
   * Prometheus that scrapes the pods: `http://prometheus-operated.monitoring.svc:9090`. Its series need the labels
   * `namespace` and `pod`.
   */
  readonly prometheusUrl: string;
  /**
   * TriggerAuthentication in the workload's namespace, with what Prometheus asks for.
   * @default - none
   */
  readonly triggerAuthenticationName?: string;
  /**
   * What the TriggerAuthentication holds, as KEDA names it: `bearer`, `basic`, `tls`, `tls,basic`.
   * @default - none
   */
  readonly authModes?: string;
}

/** How the number of a workload's pods follows its load. */
export class Autoscaling {
  /**
   * A HorizontalPodAutoscaler on `agentyard_requests`, the requests of a pod in flight and queued. Needs an adapter that
   * serves this metric of pods as `custom.metrics.k8s.io`, and `metricsScraper` in the cluster's profile.
   */
  public static horizontal(options: RequestAutoscalingOptions): Autoscaling {
    return new Autoscaling(options, { targetRequests: options.targetRequestsPerPod });
  }

  /** A HorizontalPodAutoscaler on CPU alone. An agent waits for its model most of the time, so there it warns. */
  public static cpu(options: CpuAutoscalingOptions): Autoscaling {
    return new Autoscaling(options, {});
  }

  /**
   * KEDA's ScaledObject on the sum of `agentyard_requests` over the pods, as Prometheus knows it. Needs KEDA, and
   * `metricsScraper` in the cluster's profile.
   */
  public static keda(options: KedaAutoscalingOptions): Autoscaling {
    const { prometheusUrl: url, triggerAuthenticationName: authenticationName, authModes } = options;
    return new Autoscaling(options, {
      targetRequests: options.targetRequestsPerPod,
      prometheus: { url, authenticationName, authModes },
    });
  }

  private readonly options: AutoscalingOptions;
  private readonly targets: Pick<Scaling, 'targetRequests' | 'targetCpu' | 'prometheus'>;

  private constructor(
    options: RequestAutoscalingOptions | CpuAutoscalingOptions,
    targets: Pick<Scaling, 'targetRequests' | 'prometheus'>,
  ) {
    this.options = options;
    this.targets = { ...targets, targetCpu: options.targetCpuUtilization };
  }

  /** @internal */
  public _scaling(minReplicas: number): Scaling {
    const { maxReplicas, scaleDownStabilization = Duration.minutes(5) } = this.options;
    return {
      ...this.targets,
      minReplicas: this.options.minReplicas ?? minReplicas,
      maxReplicas,
      scaleDownSeconds: scaleDownStabilization.toSeconds({ integral: false }),
    };
  }
}
