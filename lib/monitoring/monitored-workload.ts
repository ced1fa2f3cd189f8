/** What monitoring needs to know of a workload. */
export interface MonitoredWorkload {
  readonly name: string;
  readonly controller: 'Deployment' | 'StatefulSet';
  /** Whether it serves metrics of its own; of the egress proxy there are those of Kubernetes alone. */
  readonly servesMetrics: boolean;
}

/** The workloads of one namespace, and the CronJobs that keep keys and realms in line. */
export interface MonitoredNamespace {
  readonly namespace: string;
  readonly workloads: readonly MonitoredWorkload[];
  readonly cronJobs: readonly string[];
}
