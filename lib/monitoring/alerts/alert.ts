import type { MonitoredNamespace } from '../monitored-workload';

/** How urgent an alert is: somebody has to act now, or in working hours. */
export type Severity = 'critical' | 'warning';

/** An alert on the workloads of one namespace. */
export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  /** PromQL; whatever it gives is an alert. */
  readonly expression: string;
  /** For how long the expression has to hold, as Prometheus spells durations. */
  readonly holdsFor: string;
  /** One line, in which `{{ $labels.x }}` and `{{ $value }}` may stand. */
  readonly summary: string;
}

/** From when on something is alarming. */
export interface Thresholds {
  /** Share of requests that have to succeed, between 0 and 1. */
  readonly availability: number;
  /** Failed requests in the longer window, below which nothing is said of their share. */
  readonly minFailures: number;
  /** Requests that wait in a pod, on average. */
  readonly queuedPerPod: number;
  /** Refused credentials of one kind, per minute. */
  readonly authFailuresPerMinute: number;
}

/** Makes the alerts on a namespace. */
export type AlertRule = (place: MonitoredNamespace, thresholds: Thresholds) => Alert[];
