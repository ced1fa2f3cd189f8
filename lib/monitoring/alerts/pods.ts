import type { MonitoredNamespace } from '../monitored-workload';
import type { Alert, AlertRule } from './alert';
import { anyOf, metricNames, namesOf, within } from './selector';

/** How kube-state-metrics counts the pods of a kind of workload. */
interface Counts {
  readonly controller: 'Deployment' | 'StatefulSet';
  readonly label: string;
  readonly ready: string;
  readonly wanted: string;
}

const COUNTS: readonly Counts[] = [
  {
    controller: 'Deployment',
    label: 'deployment',
    ready: 'kube_deployment_status_replicas_ready',
    wanted: 'kube_deployment_spec_replicas',
  },
  {
    controller: 'StatefulSet',
    label: 'statefulset',
    ready: 'kube_statefulset_status_replicas_ready',
    wanted: 'kube_statefulset_replicas',
  },
];

/** Pods that are missing, were killed, or of which nothing is known. */
export const podAlerts: AlertRule = (place) => {
  if (place.workloads.length === 0) return [];
  return [workloadDown(place), podsNotReady(place), outOfMemory(place), ...metricsMissing(place)];
};

/** Pods of the namespace's workloads under one name for their workload, whatever its kind. */
function pods(place: MonitoredNamespace, which: 'ready' | 'wanted'): string {
  const found = COUNTS.flatMap(({ controller, label, ...metrics }) => {
    const names = namesOf(place, controller);
    if (names.length === 0) return [];
    return [
      `label_replace(${metrics[which]}${within(place, anyOf(label, names))}, "workload", "$1", "${label}", "(.+)")`,
    ];
  });
  return `sum by (namespace, workload) (${found.join(' or ')})`;
}

function workloadDown(place: MonitoredNamespace): Alert {
  return {
    name: 'AgentyardWorkloadDown',
    severity: 'critical',
    expression: `${pods(place, 'ready')} == 0\nand\n${pods(place, 'wanted')} > 0`,
    holdsFor: '5m',
    summary: 'No pod of {{ $labels.namespace }}/{{ $labels.workload }} is ready',
  };
}

function podsNotReady(place: MonitoredNamespace): Alert {
  return {
    name: 'AgentyardPodsNotReady',
    severity: 'warning',
    expression: `${pods(place, 'wanted')} - ${pods(place, 'ready')} > 0`,
    holdsFor: '15m',
    summary: '{{ $labels.namespace }}/{{ $labels.workload }} has too few ready pods: {{ $value }} are missing',
  };
}

function outOfMemory(place: MonitoredNamespace): Alert {
  const names = place.workloads.map(({ name }) => name);
  const samples = (...matchers: readonly string[]) =>
    within(place, 'container="runtime"', `pod=~"(${names.join('|')})-.+"`, ...matchers);
  const restarts = `increase(kube_pod_container_status_restarts_total${samples()}[30m]) > 0`;
  const killed = `kube_pod_container_status_last_terminated_reason${samples('reason="OOMKilled"')} == 1`;
  return {
    name: 'AgentyardOutOfMemory',
    severity: 'warning',
    expression: `max by (namespace, pod) (${restarts})\nand on (namespace, pod)\n${killed}`,
    holdsFor: '0m',
    summary: '{{ $labels.namespace }}/{{ $labels.pod }} was killed, since it took more memory than its limit',
  };
}

/** Without metrics, the alerts that need them would be silent for ever. */
function metricsMissing(place: MonitoredNamespace): Alert[] {
  const names = metricNames(place);
  if (names.length === 0) return [];
  const ready = `kube_deployment_status_replicas_ready${within(place, anyOf('deployment', names))}`;
  const scraped = `agentyard_requests${within(place, anyOf('workload', names))}`;
  return [
    {
      name: 'AgentyardMetricsMissing',
      severity: 'warning',
      expression: `sum by (namespace, workload) (label_replace(${ready}, "workload", "$1", "deployment", "(.+)")) > 0\nunless\ncount by (namespace, workload) (${scraped})`,
      holdsFor: '15m',
      summary: 'Pods of {{ $labels.namespace }}/{{ $labels.workload }} are ready, and nobody reads their metrics',
    },
  ];
}
