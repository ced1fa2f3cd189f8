import { Duration, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { podMonitorSpec } from '../lib/monitoring/pod-monitor';
import { chartNamespace } from '../lib/workload/chart-namespace';
import { checkedLabels } from '../lib/workload/labels';
import { addExtraObject } from './extra-object';
import { checkMonitoring, runtimeOf, servingIn } from './monitored-program';

/** Properties of a workload monitor. */
export interface WorkloadMonitorProps {
  /**
   * How often metrics are read, in whole seconds.
   * @default Duration.seconds(30)
   */
  readonly interval?: Duration;
  /**
   * Labels by which a Prometheus finds the monitors that it heeds, for example `{ release: 'kube-prometheus-stack' }`.
   * @default - none
   */
  readonly labels?: Record<string, string>;
}

/**
 * Has the Prometheus operator read the metrics of the program's agents, toolsets and gateways in the namespace of the
 * chart, by a PodMonitor. The cluster's profile names who reads them (`metricsScraper`), which opens the way.
 */
export class WorkloadMonitor extends Construct {
  public constructor(scope: Construct, id: string, props: WorkloadMonitorProps = {}) {
    super(scope, id);
    const namespace = chartNamespace(this);
    const intervalSeconds = this.seconds(props.interval ?? Duration.seconds(30));
    checkMonitoring(this, namespace);
    const produce = () => {
      const serving = servingIn(this, namespace);
      const runtimes = [...new Set(serving.map(runtimeOf))].sort();
      return podMonitorSpec({ runtimes, names: serving.map(({ id: { name } }) => name), intervalSeconds });
    };
    this.node.defaultChild = addExtraObject(this, 'pod-monitor', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      name: id,
      namespace,
      labels: deferFault(this, () => checkedLabels(this, props.labels ?? {}), {}),
      content: { spec: Lazy.any({ produce }) },
    });
  }

  private seconds(interval: Duration): number {
    const milliseconds = interval.toMilliseconds();
    if (milliseconds >= 1000 && milliseconds % 1000 === 0) return milliseconds / 1000;
    const fault = { message: `interval is ${milliseconds} ms`, remedy: 'Give whole seconds, at least one' };
    reportFault(this, new SynthError('LIMIT_INVALID', this, fault));
    return 1;
  }
}
