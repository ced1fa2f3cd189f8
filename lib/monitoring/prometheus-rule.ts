import type { Alert, AlertRule, Thresholds } from './alerts/alert';
import { documentAlerts } from './alerts/documents';
import { failureAlerts } from './alerts/failures';
import { gatewayAlerts } from './alerts/gateways';
import { identityAlerts } from './alerts/identity';
import { podAlerts } from './alerts/pods';
import { saturationAlerts } from './alerts/saturation';
import type { MonitoredNamespace } from './monitored-workload';

/** Groups of alerts, by name. */
const GROUPS: Readonly<Record<string, AlertRule>> = {
  failures: failureAlerts,
  saturation: saturationAlerts,
  gateways: gatewayAlerts,
  identity: identityAlerts,
  documents: documentAlerts,
  pods: podAlerts,
};

/** What a PrometheusRule follows from. */
export interface PrometheusRuleParts {
  readonly place: MonitoredNamespace;
  readonly thresholds: Thresholds;
  /** Labels of each alert, beside its severity. */
  readonly labels: Readonly<Record<string, string>>;
  /** URL of a page with a section for each alert. */
  readonly runbookUrl: string;
}

/** The spec of a PrometheusRule (`monitoring.coreos.com/v1`) on the workloads of its namespace. */
export function prometheusRuleSpec({ place, thresholds, labels, runbookUrl }: PrometheusRuleParts) {
  const groups = Object.entries(GROUPS).map(([name, alertsOn]) => ({
    name: `agentyard-${name}`,
    rules: alertsOn(place, thresholds).map((alert) => rule(alert, labels, runbookUrl)),
  }));
  return { groups: groups.filter(({ rules }) => rules.length > 0) };
}

function rule(alert: Alert, labels: Readonly<Record<string, string>>, runbookUrl: string) {
  const { name, severity, expression, holdsFor, summary } = alert;
  return {
    alert: name,
    expr: expression,
    for: holdsFor,
    labels: { ...labels, severity },
    annotations: { summary, runbook_url: `${runbookUrl}#${name.toLowerCase()}` },
  };
}
