import type { Panel } from './panel';
import { perWorkload, rate, SAMPLES } from './queries';

const PODS = '{namespace=~"$namespace",pod=~"($workload)-.+",container="runtime"}';

/** Graphs of all runtimes, from what callers see to what the runtimes take. */
export const RUNTIME_PANELS: readonly Panel[] = [
  {
    title: 'Requests by outcome',
    description: 'Requests that have ended. Refused are the caller’s to correct, overloaded may be sent again.',
    unit: 'reqps',
    queries: [perWorkload(rate('agentyard_requests_total'), 'outcome')],
  },
  {
    title: 'Share of failures',
    description: 'Of the requests that were a runtime’s to answer.',
    unit: 'percentunit',
    queries: [
      {
        expression: `${perWorkload(rate('agentyard_requests_total', 'outcome="failed"')).expression} / ${perWorkload(rate('agentyard_requests_total', 'outcome=~"ok|failed"')).expression}`,
        legend: '{{namespace}}/{{workload}}',
      },
    ],
  },
  {
    title: 'In flight',
    description: 'Requests that are being answered; a stream counts until it ends.',
    unit: 'short',
    queries: [perWorkload(`agentyard_requests_in_flight${SAMPLES}`)],
  },
  {
    title: 'Queued',
    description: 'Requests that wait for their turn: in a gateway, and in a sandbox.',
    unit: 'short',
    queries: [perWorkload(`agentyard_requests_queued${SAMPLES}`)],
  },
  {
    title: 'In flight by callee',
    description: 'Requests of the gateways to each agent, toolset and server.',
    unit: 'short',
    queries: [perWorkload(`agentyard_callee_requests_in_flight${SAMPLES}`, 'callee')],
  },
  {
    title: 'Queued by callee',
    description: 'Requests that wait in the gateways for each agent, toolset and server.',
    unit: 'short',
    queries: [perWorkload(`agentyard_callee_requests_queued${SAMPLES}`, 'callee')],
  },
  {
    title: 'Circuits',
    description: '0: requests are sent, 1: a few try, 2: none are, since the callee failed too often.',
    unit: 'short',
    queries: [
      {
        expression: `max by (namespace, workload, callee) (agentyard_callee_circuit_state${SAMPLES})`,
        legend: '{{namespace}}/{{workload}} {{callee}}',
      },
    ],
  },
  {
    title: 'Refused for load',
    description: 'Requests that gateways did not send on. Nothing was done, and they may be sent again.',
    unit: 'reqps',
    queries: [perWorkload(rate('agentyard_requests_refused_for_load_total'), 'reason')],
  },
  {
    title: 'Sent a second time',
    description: 'Lists and the like, after a connection broke.',
    unit: 'reqps',
    queries: [perWorkload(rate('agentyard_retries_total'))],
  },
  {
    title: 'Credentials refused',
    description: 'By the reason that the audit line gives.',
    unit: 'reqps',
    queries: [perWorkload(rate('agentyard_auth_failures_total'), 'reason')],
  },
  {
    title: 'Issuers not reached',
    description: 'Times that a gateway could not ask an issuer of access tokens for its keys, or about a token.',
    unit: 'reqps',
    queries: [perWorkload(rate('agentyard_issuer_fetch_failures_total'))],
  },
  {
    title: 'Documents refused',
    description: 'New documents that were refused within an hour, while the one before stayed in force.',
    unit: 'short',
    queries: [perWorkload(`increase(agentyard_reload_failures_total${SAMPLES}[1h])`)],
  },
  {
    title: 'Event loop lag, 99th percentile',
    description: 'How long a runtime is busy at a stretch. Above some 100 ms, streams stutter.',
    unit: 's',
    queries: [
      {
        expression: `max by (namespace, workload) (nodejs_eventloop_lag_p99_seconds${SAMPLES})`,
        legend: '{{namespace}}/{{workload}}',
      },
    ],
  },
  {
    title: 'Memory',
    description: 'Resident memory of the runtime; the processes of tools are not in it.',
    unit: 'bytes',
    queries: [
      {
        expression: `max by (namespace, workload) (process_resident_memory_bytes${SAMPLES})`,
        legend: '{{namespace}}/{{workload}}',
      },
    ],
  },
  {
    title: 'CPU',
    description: 'Processors that the runtimes keep busy.',
    unit: 'short',
    queries: [perWorkload(rate('process_cpu_seconds_total'))],
  },
  {
    title: 'Restarts of containers',
    description: 'Within an hour, from kube-state-metrics.',
    unit: 'short',
    queries: [
      {
        expression: `sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total${PODS}[1h]))`,
        legend: '{{namespace}}/{{pod}}',
      },
    ],
  },
  {
    title: 'Pods that serve metrics',
    description: 'As Prometheus sees them.',
    unit: 'short',
    queries: [
      {
        expression: `count by (namespace, workload) (agentyard_requests${SAMPLES})`,
        legend: '{{namespace}}/{{workload}}',
      },
    ],
  },
  {
    title: 'Spans of traces',
    description: 'What became of them. Dropped: the collector is too slow; failed: it did not take them.',
    unit: 'short',
    queries: [perWorkload(rate('agentyard_spans_total'), 'result')],
  },
];
