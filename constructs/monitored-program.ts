import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import type { MonitoredNamespace } from '../lib/monitoring/monitored-workload';
import { RUNTIME_LABEL } from '../lib/workload/labels';
import { workloadsOfProgram } from './program-workloads';
import type { Workload } from './workload';

/** Label of runtimes whose pods serve metrics of their own. */
const SERVING = ['agent', 'gateway', 'sandbox'];

/** The runtime of a workload. */
export function runtimeOf({ peer }: Workload): string {
  return peer.podLabels[RUNTIME_LABEL] ?? '';
}

/** The workloads of the program in a namespace that serve metrics. */
export function servingIn(construct: IConstruct, namespace: string): Workload[] {
  return workloadsOfProgram(construct).filter(
    (workload) => workload.id.namespace === namespace && SERVING.includes(runtimeOf(workload)),
  );
}

/** What of the program can be watched in a namespace. */
export function monitoredIn(construct: IConstruct, namespace: string): MonitoredNamespace {
  const workloads = workloadsOfProgram(construct).filter(({ id }) => id.namespace === namespace);
  return {
    namespace,
    workloads: workloads.map((workload) => ({
      name: workload.id.name,
      controller: workload.pod.controllerKind,
      servesMetrics: SERVING.includes(runtimeOf(workload)),
    })),
    cronJobs: cronJobsIn(construct, namespace),
  };
}

/** Names of the jobs of this library that run again and again. */
function cronJobsIn(construct: IConstruct, namespace: string): string[] {
  const objects = construct.node.root.node.findAll().filter((each): each is ApiObject => ApiObject.isApiObject(each));
  const jobs = objects.filter(({ kind, metadata }) => kind === 'CronJob' && metadata.namespace === namespace);
  return jobs.filter(({ metadata }) => metadata.getLabel(RUNTIME_LABEL) !== undefined).map(({ name }) => name);
}

/**
 * Fails the synthesis where there is nothing to watch, or the profile lets nobody read metrics.
 *
 * @param jobsToo whether jobs count, of which there are the metrics of Kubernetes alone
 */
export function checkMonitoring(construct: IConstruct, namespace: string, jobsToo = false): void {
  const faults = () => {
    const serving = servingIn(construct, namespace);
    if (serving.length === 0) {
      return jobsToo && cronJobsIn(construct, namespace).length > 0 ? [] : [nothingToMonitor(construct, namespace)];
    }
    const silent = serving.find(({ metricsPort }) => metricsPort === undefined);
    if (silent === undefined) return [];
    const example = "metricsScraper: Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } })";
    return [silent.profile._lacks(construct, 'who reads metrics', example)];
  };
  construct.node.addValidation({ validate: () => faults().map(({ message }) => message) });
}

function nothingToMonitor(construct: IConstruct, namespace: string): SynthError {
  return new SynthError('MONITORING_EMPTY', construct, {
    message: `the program has no agent, toolset or gateway in the namespace "${namespace}"`,
    remedy: 'Add it to a chart of a namespace that has some',
  });
}
