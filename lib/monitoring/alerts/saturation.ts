import type { AlertRule } from './alert';
import { anyOf, metricNames, within } from './selector';

/** Workloads that get more than they can do. */
export const saturationAlerts: AlertRule = (place, { queuedPerPod }) => {
  const names = metricNames(place);
  if (names.length === 0) return [];
  const samples = (...matchers: readonly string[]) => within(place, anyOf('workload', names), ...matchers);
  return [
    {
      name: 'AgentyardQueueLong',
      severity: 'warning',
      expression: `avg by (namespace, workload, runtime) (avg_over_time(agentyard_requests_queued${samples()}[10m])) > ${queuedPerPod}`,
      holdsFor: '10m',
      summary:
        '{{ $value | humanize }} requests wait in each pod of {{ $labels.namespace }}/{{ $labels.workload }}, on average',
    },
    {
      name: 'AgentyardCallsTurnedAway',
      severity: 'warning',
      expression: `sum by (namespace, workload, runtime) (rate(agentyard_requests_total${samples('outcome="overloaded"')}[5m])) > 0`,
      holdsFor: '5m',
      summary: '{{ $labels.namespace }}/{{ $labels.workload }} turns calls away, since its queues are full',
    },
    {
      name: 'AgentyardCircuitOpen',
      severity: 'warning',
      expression: `max by (namespace, workload, callee) (agentyard_callee_circuit_state${samples()}) == 2`,
      holdsFor: '1m',
      summary:
        '{{ $labels.namespace }}/{{ $labels.workload }} leaves {{ $labels.callee }} alone, which fails too often',
    },
  ];
};
