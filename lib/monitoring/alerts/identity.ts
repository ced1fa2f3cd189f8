import type { AlertRule } from './alert';
import { anyOf, metricNames, within } from './selector';

/** Clients look for who gives them tokens by asking without one, and for a new one when theirs has expired. */
const ORDINARY = 'reason!~"missing|expired|issuer-unavailable"';

/** Credentials that are refused, issuers that give no keys, and keys and realms that nobody keeps in line. */
export const identityAlerts: AlertRule = (place, thresholds) => {
  const names = metricNames(place);
  return [...(names.length === 0 ? [] : credentialAlerts(place, thresholds)), ...jobAlerts(place, thresholds)];
};

const credentialAlerts: AlertRule = (place, { authFailuresPerMinute }) => {
  const samples = (...matchers: readonly string[]) => within(place, anyOf('workload', metricNames(place)), ...matchers);
  return [
    {
      name: 'AgentyardAuthFailureSpike',
      severity: 'warning',
      expression: `60 * sum by (namespace, workload, reason) (rate(agentyard_auth_failures_total${samples(ORDINARY)}[5m])) > ${authFailuresPerMinute}`,
      holdsFor: '5m',
      summary:
        '{{ $labels.namespace }}/{{ $labels.workload }} refuses {{ $value | humanize }} credentials a minute: {{ $labels.reason }}',
    },
    {
      name: 'AgentyardIssuerUnreachable',
      severity: 'critical',
      // What else the counter says, such as the issuer, stays in the alert.
      expression: `sum without (pod, instance, container, endpoint) (increase(agentyard_issuer_fetch_failures_total${samples()}[10m])) > 0`,
      holdsFor: '10m',
      summary: '{{ $labels.namespace }}/{{ $labels.workload }} cannot ask an issuer of access tokens',
    },
  ];
};

/** Three runs in a row that did not succeed: the time between two is what kube-state-metrics says of the schedule. */
const jobAlerts: AlertRule = (place) => {
  const { cronJobs } = place;
  if (cronJobs.length === 0) return [];
  const of = (metric: string) => `${metric}${within(place, anyOf('cronjob', cronJobs))}`;
  const between = `${of('kube_cronjob_next_schedule_time')} - ${of('kube_cronjob_status_last_schedule_time')}`;
  const lastSuccess = `(${of('kube_cronjob_status_last_successful_time')} or ${of('kube_cronjob_created')})`;
  return [
    {
      name: 'AgentyardIdentityJobFailing',
      severity: 'warning',
      expression: `time() - max by (namespace, cronjob) ${lastSuccess}\n> 3 * max by (namespace, cronjob) (${between})`,
      holdsFor: '5m',
      summary:
        '{{ $labels.namespace }}/{{ $labels.cronjob }} has not succeeded for {{ $value | humanizeDuration }}, what it keeps in line stays as it is',
    },
  ];
};
