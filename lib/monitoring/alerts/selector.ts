import type { MonitoredNamespace, MonitoredWorkload } from '../monitored-workload';

/** Matchers of PromQL for the samples of a namespace, with further ones. */
export function within({ namespace }: MonitoredNamespace, ...matchers: readonly string[]): string {
  return `{${[`namespace="${namespace}"`, ...matchers].join(',')}}`;
}

/** A matcher for any of some names, which are DNS labels. */
export function anyOf(label: string, names: readonly string[]): string {
  return `${label}=~"${names.join('|')}"`;
}

/** Names of the workloads of a kind. */
export function namesOf({ workloads }: MonitoredNamespace, controller: MonitoredWorkload['controller']): string[] {
  return workloads.filter((workload) => workload.controller === controller).map(({ name }) => name);
}

/** Names of the workloads that serve metrics. */
export function metricNames({ workloads }: MonitoredNamespace): string[] {
  return workloads.filter(({ servesMetrics }) => servesMetrics).map(({ name }) => name);
}
