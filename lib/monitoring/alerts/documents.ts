import type { AlertRule } from './alert';
import { anyOf, metricNames, within } from './selector';

/** Documents that a runtime refused, so that what it does is not what the program says. */
export const documentAlerts: AlertRule = (place) => {
  const names = metricNames(place);
  if (names.length === 0) return [];
  const samples = within(place, anyOf('workload', names));
  return [
    {
      name: 'AgentyardReloadRefused',
      severity: 'warning',
      expression: `sum by (namespace, workload, runtime) (increase(agentyard_reload_failures_total${samples}[1h])) > 0`,
      holdsFor: '1m',
      summary: '{{ $labels.namespace }}/{{ $labels.workload }} refused a new document, the one before is in force',
    },
  ];
};
