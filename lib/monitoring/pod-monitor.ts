import { RUNTIME_LABEL } from '../workload/labels';

/** Name of the port of pods that serves metrics. */
const METRICS_PORT_NAME = 'metrics';

/** What a PodMonitor follows from. */
export interface PodMonitorParts {
  /** Runtimes whose pods are meant. */
  readonly runtimes: readonly string[];
  /** Names of the workloads whose pods are meant. */
  readonly names: readonly string[];
  readonly intervalSeconds: number;
}

/**
 * The spec of a PodMonitor (`monitoring.coreos.com/v1`) for pods of its own namespace. Each sample gets the labels
 * `workload` and `runtime`, by which alerts and dashboards group.
 */
export function podMonitorSpec({ runtimes, names, intervalSeconds }: PodMonitorParts) {
  return {
    selector: {
      matchExpressions: [
        { key: RUNTIME_LABEL, operator: 'In', values: [...runtimes] },
        { key: 'app.kubernetes.io/name', operator: 'In', values: [...names] },
      ],
    },
    podMetricsEndpoints: [
      {
        port: METRICS_PORT_NAME,
        path: '/metrics',
        scheme: 'http',
        interval: `${intervalSeconds}s`,
        relabelings: [
          relabeling('__meta_kubernetes_pod_label_app_kubernetes_io_name', 'workload'),
          relabeling('__meta_kubernetes_pod_label_agentyard_dev_runtime', 'runtime'),
        ],
      },
    ],
  };
}

function relabeling(source: string, targetLabel: string) {
  return { action: 'replace', sourceLabels: [source], targetLabel };
}
