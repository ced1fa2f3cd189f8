/** Series by name, each with its values minute by minute, as promtool writes them. */
export type Series = Readonly<Record<string, string>>;

/** A moment at which an alert is firing, or is not. */
export interface AlertScenario {
  readonly alert: string;
  readonly when: string;
  readonly series: Series;
  /** As Prometheus spells durations. */
  readonly at: string;
  /** What the alert says; absent: it is silent. */
  readonly says?: { readonly labels: Readonly<Record<string, string>>; readonly summary: string };
}

const labels = (pairs: Readonly<Record<string, string>>) =>
  Object.entries(pairs)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',');

const TARGET = { namespace: 'agents', job: 'agents/monitor', container: 'runtime', endpoint: 'metrics' };
const DOOR = { namespace: 'agents', workload: 'door', runtime: 'gateway' };
const TOOLS = { namespace: 'agents', workload: 'tools', runtime: 'sandbox' };

/** A metric of a pod of a workload, as it is after it was scraped. */
const of = (metric: string, workload: object, pod: string, more: Readonly<Record<string, string>> = {}) =>
  `${metric}{${labels({ ...TARGET, ...workload, pod, instance: pod, ...more })}}`;
const ended = (workload: object, outcome: string, pod = 'one') =>
  of('agentyard_requests_total', workload, pod, { outcome });
const circuit = (callee: string) => of('agentyard_callee_circuit_state', DOOR, 'one', { callee });
const authFailures = (reason: string) => of('agentyard_auth_failures_total', DOOR, 'one', { reason });
const credentialFailures = (reason: string) =>
  of('agentyard_upstream_credential_failures_total', DOOR, 'one', { reason });
const spans = (result: string) => of('agentyard_spans_total', DOOR, 'one', { result });
const kube = (metric: string, more: Readonly<Record<string, string>>) =>
  `${metric}{${labels({ namespace: 'agents', job: 'kube-state-metrics', ...more })}}`;
const replicas = (deployment: string, wanted: string, ready: string): Series => ({
  [kube('kube_deployment_spec_replicas', { deployment })]: wanted,
  [kube('kube_deployment_status_replicas_ready', { deployment })]: ready,
});
const CRON_JOB = { cronjob: 'program-trust' };
const cronJob = (lastSuccess: Series): Series => ({
  [kube('kube_cronjob_created', CRON_JOB)]: '0x600',
  [kube('kube_cronjob_status_last_schedule_time', CRON_JOB)]: '0+60x600',
  [kube('kube_cronjob_next_schedule_time', CRON_JOB)]: '300+60x600',
  ...lastSuccess,
});
const POD = { pod: 'tools-5d4f8-abcde', container: 'runtime' };
const restarts = (values: string, reason: string): Series => ({
  [kube('kube_pod_container_status_restarts_total', POD)]: values,
  [kube('kube_pod_container_status_last_terminated_reason', { ...POD, reason })]: '1x200',
});

/** For each alert what it is for, and what it should not say anything to. */
export const SCENARIOS: readonly AlertScenario[] = [
  {
    alert: 'AgentyardFailureBurnFast',
    when: 'a quarter of the requests fails',
    series: {
      [ended(DOOR, 'ok')]: '0+9x120',
      [ended(DOOR, 'failed')]: '0+2x120',
      [ended(DOOR, 'failed', 'two')]: '0+1x120',
    },
    at: '65m',
    says: { labels: DOOR, summary: '25% of the requests of agents/door failed within 1h' },
  },
  {
    alert: 'AgentyardFailureBurnFast',
    when: 'it is over',
    series: { [ended(DOOR, 'ok')]: '0+9x120', [ended(DOOR, 'failed')]: '0+9x55 495x60' },
    at: '65m',
  },
  {
    alert: 'AgentyardFailureBurnFast',
    when: 'one of two requests of an hour fails',
    series: { [ended(DOOR, 'ok')]: '0x58 1x60', [ended(DOOR, 'failed')]: '0x59 1x60' },
    at: '62m',
  },
  {
    alert: 'AgentyardFailureBurnFast',
    when: 'callers send what is refused',
    series: { [ended(DOOR, 'ok')]: '0+9x120', [ended(DOOR, 'failed')]: '0x120', [ended(DOOR, 'refused')]: '0+90x120' },
    at: '65m',
  },
  {
    alert: 'AgentyardFailureBurnSlow',
    when: 'a tenth of the requests fails for hours',
    series: { [ended(TOOLS, 'ok')]: '0+9x500', [ended(TOOLS, 'failed')]: '0+1x500' },
    at: '6h10m',
    says: { labels: TOOLS, summary: '10% of the requests of agents/tools failed within 6h' },
  },
  {
    alert: 'AgentyardFailureBurnSlow',
    when: 'one in a hundred fails',
    series: { [ended(TOOLS, 'ok')]: '0+99x500', [ended(TOOLS, 'failed')]: '0+1x500' },
    at: '6h10m',
  },
  {
    alert: 'AgentyardQueueLong',
    when: 'calls wait in each pod',
    series: {
      [of('agentyard_requests_queued', TOOLS, 'one')]: '8x60',
      [of('agentyard_requests_queued', TOOLS, 'two')]: '4x60',
    },
    at: '30m',
    says: { labels: TOOLS, summary: '6 requests wait in each pod of agents/tools, on average' },
  },
  {
    alert: 'AgentyardQueueLong',
    when: 'they wait for some minutes only',
    series: { [of('agentyard_requests_queued', TOOLS, 'one')]: '0x10 16x3 0x40' },
    at: '20m',
  },
  {
    alert: 'AgentyardCallsTurnedAway',
    when: 'calls are refused for want of room',
    series: { [ended(TOOLS, 'overloaded')]: '0+2x60' },
    at: '15m',
    says: { labels: TOOLS, summary: 'agents/tools turns calls away, since its queues are full' },
  },
  {
    alert: 'AgentyardCallsTurnedAway',
    when: 'that was before',
    series: { [ended(TOOLS, 'overloaded')]: '0+2x10 20x50' },
    at: '20m',
  },
  {
    alert: 'AgentyardCircuitOpen',
    when: 'an agent has failed too often',
    series: { [circuit('support')]: '0x4 2x60' },
    at: '10m',
    says: {
      labels: { namespace: 'agents', workload: 'door', callee: 'support' },
      summary: 'agents/door leaves support alone, which fails too often',
    },
  },
  {
    alert: 'AgentyardCircuitOpen',
    when: 'it is tried again, and answers',
    series: { [circuit('support')]: '2x4 1x1 0x60' },
    at: '10m',
  },
  {
    alert: 'AgentyardPodsLeftOut',
    when: 'pods that are ready fail on',
    series: {
      [of('agentyard_pods_ejected', DOOR, 'one')]: '0x4 1x60',
      [of('agentyard_pods_ejected', DOOR, 'two')]: '2x60',
    },
    at: '25m',
    says: {
      labels: { namespace: 'agents', workload: 'door' },
      summary: 'agents/door leaves 2 pods out, which are ready and fail',
    },
  },
  {
    alert: 'AgentyardPodsLeftOut',
    when: 'a pod is taken back, and fails again later',
    series: { [of('agentyard_pods_ejected', DOOR, 'one')]: '1x7 0x1 1x7 0x1 1x40' },
    at: '24m',
  },
  {
    alert: 'AgentyardUpstreamCredentialsMissing',
    when: 'the authorization server gives none',
    series: { [credentialFailures('issuer-unavailable')]: '0+1x60' },
    at: '30m',
    says: {
      labels: { namespace: 'agents', workload: 'door', reason: 'issuer-unavailable' },
      summary: 'agents/door cannot show an MCP server who calls: issuer-unavailable',
    },
  },
  {
    alert: 'AgentyardUpstreamCredentialsMissing',
    when: 'callers have no token that can be exchanged',
    series: { [credentialFailures('token-missing')]: '0+9x60', [credentialFailures('exchange-refused')]: '0+9x60' },
    at: '30m',
  },
  {
    alert: 'AgentyardTlsFilesRefused',
    when: 'a key does not fit its certificate',
    series: { [of('agentyard_tls_reload_failures_total', DOOR, 'one')]: '0x10 1x200' },
    at: '20m',
    says: {
      labels: { namespace: 'agents', workload: 'door' },
      summary: 'agents/door refused new certificates or keys, the ones before are in force',
    },
  },
  {
    alert: 'AgentyardTlsFilesRefused',
    when: 'that was hours ago',
    series: { [of('agentyard_tls_reload_failures_total', DOOR, 'one')]: '0x10 1x200' },
    at: '2h',
  },
  {
    alert: 'AgentyardSpansLost',
    when: 'the collector is away',
    series: { [spans('failed')]: '0+20x60', [spans('exported')]: '9x60' },
    at: '35m',
    says: {
      labels: { namespace: 'agents', workload: 'door' },
      summary: 'agents/door loses traces, which the telemetry collector does not take',
    },
  },
  {
    alert: 'AgentyardSpansLost',
    when: 'it was started anew',
    series: { [spans('failed')]: '0x10 40x60', [spans('exported')]: '0+20x70' },
    at: '35m',
  },
  {
    alert: 'AgentyardAuthFailureSpike',
    when: 'somebody tries tokens',
    series: { [authFailures('bad-signature')]: '0+60x60' },
    at: '15m',
    says: {
      labels: { namespace: 'agents', workload: 'door', reason: 'bad-signature' },
      summary: 'agents/door refuses 60 credentials a minute: bad-signature',
    },
  },
  {
    alert: 'AgentyardAuthFailureSpike',
    when: 'clients ask without a token, or with one that has expired',
    series: { [authFailures('missing')]: '0+600x60', [authFailures('expired')]: '0+600x60' },
    at: '15m',
  },
  {
    alert: 'AgentyardAuthFailureSpike',
    when: 'there are some of several kinds',
    series: { [authFailures('bad-signature')]: '0+20x60', [authFailures('key-unknown')]: '0+20x60' },
    at: '15m',
  },
  {
    alert: 'AgentyardIssuerUnreachable',
    when: 'it cannot be asked again and again',
    series: { [of('agentyard_issuer_fetch_failures_total', DOOR, 'one')]: '0+1x60' },
    at: '30m',
    says: {
      labels: { ...DOOR, job: TARGET.job },
      summary: 'agents/door cannot ask an issuer of access tokens',
    },
  },
  {
    alert: 'AgentyardIssuerUnreachable',
    when: 'it could not be asked once',
    series: { [of('agentyard_issuer_fetch_failures_total', DOOR, 'one')]: '0x10 1x60' },
    at: '21m',
  },
  {
    alert: 'AgentyardIdentityJobFailing',
    when: 'it has not succeeded for long',
    series: cronJob({ [kube('kube_cronjob_status_last_successful_time', CRON_JOB)]: '60x600' }),
    at: '30m',
    says: {
      labels: { namespace: 'agents', ...CRON_JOB },
      summary: 'agents/program-trust has not succeeded for 29m 0s, what it keeps in line stays as it is',
    },
  },
  {
    alert: 'AgentyardIdentityJobFailing',
    when: 'it has never succeeded',
    series: cronJob({}),
    at: '30m',
    says: {
      labels: { namespace: 'agents', ...CRON_JOB },
      summary: 'agents/program-trust has not succeeded for 30m 0s, what it keeps in line stays as it is',
    },
  },
  {
    alert: 'AgentyardIdentityJobFailing',
    when: 'it succeeds at each turn',
    series: cronJob({ [kube('kube_cronjob_status_last_successful_time', CRON_JOB)]: '0+60x600' }),
    at: '30m',
  },
  {
    alert: 'AgentyardIdentityJobFailing',
    when: 'it is new',
    series: cronJob({}),
    at: '10m',
  },
  {
    alert: 'AgentyardReloadRefused',
    when: 'a document was refused',
    series: { [of('agentyard_reload_failures_total', DOOR, 'one')]: '0x10 1x200' },
    at: '20m',
    says: { labels: DOOR, summary: 'agents/door refused a new document, the one before is in force' },
  },
  {
    alert: 'AgentyardReloadRefused',
    when: 'that was hours ago',
    series: { [of('agentyard_reload_failures_total', DOOR, 'one')]: '0x10 1x200' },
    at: '2h',
  },
  {
    alert: 'AgentyardWorkloadDown',
    when: 'no pod is ready',
    series: replicas('support', '2x60', '2x10 0x50'),
    at: '20m',
    says: { labels: { namespace: 'agents', workload: 'support' }, summary: 'No pod of agents/support is ready' },
  },
  {
    alert: 'AgentyardWorkloadDown',
    when: 'no pod of the egress proxy is ready',
    series: {
      [kube('kube_statefulset_replicas', { statefulset: 'egress-proxy' })]: '2x60',
      [kube('kube_statefulset_status_replicas_ready', { statefulset: 'egress-proxy' })]: '0x60',
    },
    at: '20m',
    says: {
      labels: { namespace: 'agents', workload: 'egress-proxy' },
      summary: 'No pod of agents/egress-proxy is ready',
    },
  },
  {
    alert: 'AgentyardWorkloadDown',
    when: 'there should be no pod',
    series: replicas('support', '0x60', '0x60'),
    at: '20m',
  },
  {
    alert: 'AgentyardWorkloadDown',
    when: 'it is back after some minutes',
    series: replicas('support', '1x60', '1x10 0x3 1x40'),
    at: '14m',
  },
  {
    alert: 'AgentyardPodsNotReady',
    when: 'pods are missing',
    series: replicas('support', '3x60', '1x60'),
    at: '20m',
    says: {
      labels: { namespace: 'agents', workload: 'support' },
      summary: 'agents/support has too few ready pods: 2 are missing',
    },
  },
  {
    alert: 'AgentyardPodsNotReady',
    when: 'a rollout takes its time',
    series: replicas('support', '3x60', '3x10 2x10 3x40'),
    at: '20m',
  },
  {
    alert: 'AgentyardOutOfMemory',
    when: 'a container was killed for its memory',
    series: restarts('0x10 1x200', 'OOMKilled'),
    at: '20m',
    says: {
      labels: { namespace: 'agents', pod: POD.pod },
      summary: `agents/${POD.pod} was killed, since it took more memory than its limit`,
    },
  },
  {
    alert: 'AgentyardOutOfMemory',
    when: 'it ended by an error',
    series: restarts('0x10 1x200', 'Error'),
    at: '20m',
  },
  {
    alert: 'AgentyardOutOfMemory',
    when: 'that was hours ago',
    series: restarts('0x10 1x200', 'OOMKilled'),
    at: '2h',
  },
  {
    alert: 'AgentyardMetricsMissing',
    when: 'ready pods have no sample',
    series: { ...replicas('support', '1x60', '1x60'), [of('agentyard_requests', DOOR, 'one')]: '0x60' },
    at: '20m',
    says: {
      labels: { namespace: 'agents', workload: 'support' },
      summary: 'Pods of agents/support are ready, and nobody reads their metrics',
    },
  },
  {
    alert: 'AgentyardMetricsMissing',
    when: 'they have some',
    series: { ...replicas('door', '1x60', '1x60'), [of('agentyard_requests', DOOR, 'one')]: '0x60' },
    at: '20m',
  },
];
