import type { IConstruct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { warn } from '../lib/errors/warning';
import { disruptionBudgetSpec, disruptionFault } from '../lib/workload/disruption-budget';
import { horizontalPodAutoscalerSpec } from '../lib/workload/horizontal-pod-autoscaler';
import type { ServingRuntime } from '../lib/workload/labels';
import type { WorkloadName } from '../lib/workload/names';
import { scaledObjectSpec } from '../lib/workload/scaled-object';
import { scalingFaults, type Scaling } from '../lib/workload/scaling';
import type { ClusterProfile } from './cluster-profile';
import { DisruptionBudget } from './disruption-budget';
import type { PodOptions } from './pod-options';

const USUAL_REPLICAS = { gateway: 2, agent: 1, sandbox: 1, 'egress-proxy': 2, 'mcp-server': 1 } as const;

/** An object beside a workload's Deployment, named as the workload. */
export interface Companion {
  readonly id: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: unknown;
}

/** Which workload scales. */
export interface ScaledWorkload {
  readonly place: IConstruct;
  readonly runtime: ServingRuntime;
  readonly id: WorkloadName;
  readonly profile: ClusterProfile;
}

/** How many pods a workload has, and the objects that see to it. */
export class WorkloadScale {
  /** Absent where an autoscaler decides. */
  public readonly replicas?: number;
  public readonly companions: readonly Companion[];

  public constructor(
    private readonly workload: ScaledWorkload,
    options: PodOptions,
  ) {
    const fixed = this.fixedReplicas(options.replicas);
    const scaling = this.scaling(options);
    this.replicas = scaling === undefined ? fixed : undefined;
    const budget = this.budget(options.disruptionBudget ?? DisruptionBudget.maxUnavailable(1), scaling, fixed);
    this.companions = [...budget, ...(scaling === undefined ? [] : [this.autoscaler(scaling)])];
  }

  private fixedReplicas(given: number | undefined): number {
    const usual = USUAL_REPLICAS[this.workload.runtime];
    if (given === undefined) return usual;
    if (Number.isInteger(given) && given >= 0) return given;
    this.report('REPLICAS_INVALID', {
      message: `replicas is ${given}`,
      remedy: 'Give a whole number of 0 or more',
    });
    return usual;
  }

  private scaling({ autoscaling, replicas }: PodOptions): Scaling | undefined {
    const { runtime, profile, place } = this.workload;
    if (autoscaling === undefined) return undefined;
    // A pod that comes or goes would take the turn of another to reload.
    if (runtime === 'egress-proxy') return this.unsupported('autoscaling', 'its replicas take turns by their number');
    const scaling = autoscaling._scaling(USUAL_REPLICAS[runtime]);
    if (scaling.targetRequests !== undefined && runtime === 'mcp-server') this.report('OPTION_UNSUPPORTED', uncounted);
    if (replicas !== undefined) this.report('AUTOSCALING_REPLICAS', bothGiven(replicas));
    for (const fault of scalingFaults(scaling)) this.report('AUTOSCALING_INVALID', fault);
    if (scaling.targetRequests !== undefined && profile._options.metricsScraper === undefined) {
      const example = "metricsScraper: Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } })";
      reportFault(place, profile._lacks(place, 'who reads metrics, which autoscaling follows', example));
    }
    if (scaling.targetRequests === undefined && runtime === 'agent') warn(place, 'AUTOSCALING_CPU_ONLY', cpuOnly);
    return scaling;
  }

  private autoscaler(scaling: Scaling): Companion {
    const { id } = this.workload;
    if (scaling.prometheus !== undefined) {
      const spec = scaledObjectSpec(id, scaling);
      return { id: 'autoscaler', apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', spec };
    }
    const spec = horizontalPodAutoscalerSpec(id.name, scaling);
    return { id: 'autoscaler', apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', spec };
  }

  private budget({ _limit: limit }: DisruptionBudget, scaling: Scaling | undefined, fixed: number): Companion[] {
    if (limit === undefined) return [];
    const fault = disruptionFault(limit, scaling?.minReplicas ?? fixed);
    if (fault !== undefined) this.report('DISRUPTION_BUDGET_INVALID', fault);
    const spec = disruptionBudgetSpec(this.workload.runtime, this.workload.id.name, limit);
    return [{ id: 'disruption-budget', apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec }];
  }

  private unsupported(prop: string, why: string): undefined {
    this.report('OPTION_UNSUPPORTED', {
      message: `${prop} is given to an egress proxy, where it has no meaning: ${why}`,
      remedy: 'Leave it out',
    });
  }

  private report(code: SynthError['code'], fault: SynthFault): void {
    reportFault(this.workload.place, new SynthError(code, this.workload.place, fault));
  }
}

function bothGiven(replicas: number): SynthFault {
  return {
    message: `replicas is ${replicas} beside autoscaling, and each apply would set the pods back to it`,
    remedy: 'Remove replicas, or give it as minReplicas',
  };
}

const uncounted: SynthFault = {
  message: 'autoscaling follows the requests of an MCP server, whose image is not of this library and counts none',
  remedy: 'Use Autoscaling.cpu',
};

const cpuOnly: SynthFault = {
  message: 'it scales on CPU alone, and an agent waits for its model most of the time',
  remedy: 'Use Autoscaling.horizontal or Autoscaling.keda, which follow its requests',
};
