import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Metrics } from '../../runtime-kit/src/metrics';
import { MetricsServer } from '../../runtime-kit/src/metrics-server';

const ROOT = path.join(__dirname, '../..');
const RUNTIMES = ['runtime-kit', 'gateway-runtime', 'agent-runtime', 'sandbox-runtime'];

/** Metrics of kube-state-metrics, as its documentation lists them. */
const KUBE_STATE_METRICS = [
  'kube_cronjob_created',
  'kube_cronjob_next_schedule_time',
  'kube_cronjob_status_last_schedule_time',
  'kube_cronjob_status_last_successful_time',
  'kube_deployment_spec_replicas',
  'kube_deployment_status_replicas_ready',
  'kube_pod_container_status_last_terminated_reason',
  'kube_pod_container_status_restarts_total',
  'kube_statefulset_replicas',
  'kube_statefulset_status_replicas_ready',
];

/** Every metric that there is: what a runtime really serves, what single runtimes add to it, and those of Kubernetes. */
export async function knownMetrics(): Promise<Set<string>> {
  return new Set([...(await served()), ...RUNTIMES.flatMap(added), ...KUBE_STATE_METRICS]);
}

/** Names of the metrics that an expression asks for: those with matchers. */
export function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\b([a-z_][a-z0-9_]*)\{/g)].map(([, name]) => name!);
}

async function served(): Promise<string[]> {
  const server = await MetricsServer.start({ host: '127.0.0.1', port: 0 }, new Metrics(), () => ({
    inFlight: 0,
    queued: 0,
  }));
  try {
    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
  } finally {
    await server.close();
  }
}

function added(runtime: string): string[] {
  const single = calledWith(runtime, /add(?:EventCount|(?:Labelled)?Gauge)\(\s*'([^']+)'/g);
  const histograms = calledWith(runtime, /addHistogram\(\s*'([^']+)'/g);
  return [...single, ...histograms.flatMap((name) => [`${name}_bucket`, `${name}_count`, `${name}_sum`])];
}

function calledWith(runtime: string, call: RegExp): string[] {
  const folder = path.join(ROOT, runtime, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(path.join(folder, file), 'utf8').matchAll(call)])
    .map(([, name]) => name!);
}
