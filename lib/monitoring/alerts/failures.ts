import type { MonitoredNamespace } from '../monitored-workload';
import type { Alert, AlertRule, Severity, Thresholds } from './alert';
import { anyOf, metricNames, within } from './selector';

/** A speed at which the allowance of failures is used up, seen over a long window and still in a short one. */
interface Burn {
  readonly name: string;
  readonly severity: Severity;
  /** How many times faster than the allowance is meant to last. */
  readonly factor: number;
  readonly long: string;
  readonly short: string;
}

/** Of an allowance for 30 days, the first uses 2% in an hour, the second 5% in six (Google's SRE workbook, chapter 5). */
const BURNS: readonly Burn[] = [
  { name: 'AgentyardFailureBurnFast', severity: 'critical', factor: 14.4, long: '1h', short: '5m' },
  { name: 'AgentyardFailureBurnSlow', severity: 'warning', factor: 6, long: '6h', short: '30m' },
];

/** Requests that failed, of those that were a runtime's to answer: what it refused is the caller's to correct. */
export const failureAlerts: AlertRule = (place, thresholds) =>
  metricNames(place).length === 0 ? [] : BURNS.map((burn) => burnAlert(place, thresholds, burn));

function burnAlert(place: MonitoredNamespace, thresholds: Thresholds, burn: Burn): Alert {
  const { availability, minFailures } = thresholds;
  const limit = Number((burn.factor * (1 - availability)).toPrecision(6));
  const ended = (outcomes: string, window: string, by = 'rate') =>
    `sum by (namespace, workload, runtime) (${by}(agentyard_requests_total${within(place, anyOf('workload', metricNames(place)), outcomes)}[${window}]))`;
  const ratio = (window: string) => `${ended('outcome="failed"', window)} / ${ended('outcome=~"ok|failed"', window)}`;
  return {
    name: burn.name,
    severity: burn.severity,
    expression: [
      `${ratio(burn.long)} > ${limit}`,
      `${ratio(burn.short)} > ${limit}`,
      `${ended('outcome="failed"', burn.long, 'increase')} >= ${minFailures}`,
    ].join('\nand\n'),
    holdsFor: '2m',
    summary: `{{ $value | humanizePercentage }} of the requests of {{ $labels.namespace }}/{{ $labels.workload }} failed within ${burn.long}`,
  };
}
