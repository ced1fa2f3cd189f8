import { Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import type { Thresholds } from '../lib/monitoring/alerts/alert';
import { prometheusRuleSpec } from '../lib/monitoring/prometheus-rule';
import { chartNamespace } from '../lib/workload/chart-namespace';
import { checkedLabels } from '../lib/workload/labels';
import { addExtraObject } from './extra-object';
import { checkMonitoring, monitoredIn } from './monitored-program';

/** From when on something is alarming. */
export interface AlertThresholds {
  /**
   * Share of the requests of a workload that have to succeed, between 0 and 1. What its callers have to correct does not
   * count.
   * @default 0.99
   */
  readonly availability?: number;
  /**
   * Failed requests of a workload below which nothing is said of their share.
   * @default 5
   */
  readonly minFailures?: number;
  /**
   * Calls that wait in a pod of a toolset, on average over ten minutes.
   * @default 4
   */
  readonly queuedPerPod?: number;
  /**
   * Credentials that a gateway refuses for one reason, per minute.
   * @default 30
   */
  readonly authFailuresPerMinute?: number;
}

/** Properties of alert rules. */
export interface AlertRulesProps {
  /**
   * From when on something is alarming.
   * @default - as each of them says
   */
  readonly thresholds?: AlertThresholds;
  /**
   * Labels of every alert, for example the team that gets it; `severity` is there already.
   * @default - none
   */
  readonly alertLabels?: Record<string, string>;
  /**
   * Labels by which a Prometheus finds the rules that it heeds, for example `{ release: 'kube-prometheus-stack' }`.
   * @default - none
   */
  readonly labels?: Record<string, string>;
  /**
   * URL of a page with a section for each alert, whose name in small letters is the anchor.
   * @default - docs/monitoring.md of this library
   */
  readonly runbookUrl?: string;
}

const RUNBOOK_URL = 'https://github.com/agentyard/agentyard/blob/main/docs/monitoring.md';

/**
 * Alerts on the program's workloads and identity jobs in the namespace of the chart: a PrometheusRule. They need the metrics that a
 * `WorkloadMonitor` has read there, and those of kube-state-metrics.
 */
export class AlertRules extends Construct {
  public constructor(scope: Construct, id: string, props: AlertRulesProps = {}) {
    super(scope, id);
    const { runbookUrl = RUNBOOK_URL } = props;
    const namespace = chartNamespace(this);
    const thresholds = this.thresholds(props.thresholds ?? {});
    const labels = this.labels(props.alertLabels);
    checkMonitoring(this, namespace, true);
    const produce = () => prometheusRuleSpec({ place: monitoredIn(this, namespace), thresholds, labels, runbookUrl });
    this.node.defaultChild = addExtraObject(this, 'prometheus-rule', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      name: id,
      namespace,
      labels: this.labels(props.labels),
      content: { spec: Lazy.any({ produce }) },
    });
  }

  private labels(labels: Record<string, string> = {}): Readonly<Record<string, string>> {
    return deferFault(this, () => checkedLabels(this, labels), {});
  }

  private thresholds(given: AlertThresholds): Thresholds {
    const { availability = 0.99, minFailures = 5, queuedPerPod = 4, authFailuresPerMinute = 30 } = given;
    const positive = { minFailures, queuedPerPod, authFailuresPerMinute };
    this.check('availability', availability, availability > 0 && availability < 1, 'a share between 0 and 1');
    for (const [prop, value] of Object.entries(positive)) {
      this.check(prop, value, value > 0 && Number.isFinite(value), 'a number above 0');
    }
    return { availability, ...positive };
  }

  private check(prop: string, value: number, isRight: boolean, form: string): void {
    if (isRight) return;
    const fault = { message: `thresholds.${prop} is ${value}`, remedy: `Give ${form}` };
    reportFault(this, new SynthError('LIMIT_INVALID', this, fault));
  }
}
