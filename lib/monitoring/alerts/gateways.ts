import type { AlertRule } from './alert';
import { anyOf, metricNames, within } from './selector';

/** A caller without a token that can be exchanged is no fault of the gateway's. */
const OURS = 'reason!~"token-missing|exchange-refused"';

/** What stands in the way of gateways to what they call. */
export const gatewayAlerts: AlertRule = (place) => {
  const names = metricNames(place);
  if (names.length === 0) return [];
  const samples = (...matchers: readonly string[]) => within(place, anyOf('workload', names), ...matchers);
  return [
    {
      name: 'AgentyardPodsLeftOut',
      severity: 'warning',
      expression: `max by (namespace, workload) (min_over_time(agentyard_pods_ejected${samples()}[10m])) > 0`,
      holdsFor: '5m',
      summary: '{{ $labels.namespace }}/{{ $labels.workload }} leaves {{ $value }} pods out, which are ready and fail',
    },
    {
      name: 'AgentyardUpstreamCredentialsMissing',
      severity: 'warning',
      expression: `sum by (namespace, workload, reason) (increase(agentyard_upstream_credential_failures_total${samples(OURS)}[10m])) > 0`,
      holdsFor: '10m',
      summary:
        '{{ $labels.namespace }}/{{ $labels.workload }} cannot show an MCP server who calls: {{ $labels.reason }}',
    },
    {
      name: 'AgentyardTlsFilesRefused',
      severity: 'warning',
      expression: `sum by (namespace, workload) (increase(agentyard_tls_reload_failures_total${samples()}[1h])) > 0`,
      holdsFor: '1m',
      summary:
        '{{ $labels.namespace }}/{{ $labels.workload }} refused new certificates or keys, the ones before are in force',
    },
    {
      name: 'AgentyardSpansLost',
      severity: 'warning',
      expression: `sum by (namespace, workload) (increase(agentyard_spans_total${samples('result!="exported"')}[15m])) > 0`,
      holdsFor: '15m',
      summary:
        '{{ $labels.namespace }}/{{ $labels.workload }} loses traces, which the telemetry collector does not take',
    },
  ];
};
