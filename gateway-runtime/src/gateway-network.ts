import type { gatewayDocument } from 'agentyard/contract';
import { type GatewayDocument, type OutlierDetection } from 'agentyard/contract';
import {
  createDispatcher,
  createPodDispatcher,
  LocalHosts,
  SpanCounts,
  type ApiServer,
  type Dispatcher,
  type RuntimeContext,
} from '@agentyard/runtime-kit';
import { apiServerOf } from './api-server.js';
import { INTROSPECTION_LIMITS, type IntrospectionLimits } from './auth/introspection-endpoint.js';
import { ISSUER_PACE, type IssuerPace } from './auth/issuer-keys.js';
import { Balancer } from './balance/balancer.js';
import {
  DnsEndpointResolver,
  LocalEndpointResolver,
  type EndpointResolver,
  type Lookup,
  type ServiceAddress,
} from './balance/endpoint-resolver.js';
import { POD_FAILURES } from './balance/pod-failure.js';
import { PodHealth } from './balance/pod-health.js';
import { httpProbe } from './balance/pod-probe.js';
import type { Random } from './balance/weighted-choice.js';
import { CREDENTIAL_LIMITS, type CredentialAccess, type CredentialLimits } from './credentials/token-endpoint.js';
import { CREDENTIAL_FAILURES } from './credentials/upstream-credentials-error.js';
import { type StateSources } from './gateway-state.js';
import { UpstreamMetrics } from './telemetry/upstream-metrics.js';
import { LoadCounts } from './overload/load-counts.js';

export type GatewayContext = RuntimeContext<typeof gatewayDocument>;

/** What a test may put in the place of chance, of the cluster's DNS and of the usual pace. */
export interface GatewaySources {
  readonly random?: Random;
  readonly lookup?: Lookup;
  /** How often the document and mounted files are read again, in milliseconds. */
  readonly pollMs?: number;
  /** Milliseconds of a clock that never goes back, by which load is judged. */
  readonly now?: () => number;
  /** Milliseconds since the epoch, by which the days of quotas are told. */
  readonly today?: () => number;
  /** How often issuers are asked for their keys. */
  readonly issuerPace?: Partial<IssuerPace>;
  /** How much issuers are asked about tokens. */
  readonly introspectionLimits?: Partial<IntrospectionLimits>;
  /** How much authorization servers are asked for tokens. */
  readonly credentialLimits?: Partial<CredentialLimits>;
  /** The API server that watches what the document names. */
  readonly apiServer?: () => ApiServer;
}

/** Revocation of a key takes effect within this time after its file is gone. */
const POLL_MS = 1_000;

/** How a gateway reaches others. */
export interface GatewayNetwork {
  /** To pods, whose addresses are looked up here: a proxy would have to be told of each. */
  readonly pods: Dispatcher;
  /** To whatever a URL names. */
  readonly outside: Dispatcher;
  readonly resolver: EndpointResolver;
  /** Of a local platform. */
  readonly hosts: LocalHosts | undefined;
  readonly balancer: Balancer;
  readonly random: Random;
  close(): Promise<void>;
}

/** @param document the one in force */
export function openNetwork(
  context: GatewayContext,
  { lookup, random = Math.random }: GatewaySources,
  document: () => GatewayDocument,
): GatewayNetwork {
  const { overlay } = context;
  const outside = createDispatcher(overlay);
  const pods = createPodDispatcher(overlay);
  const hosts = overlay && new LocalHosts(overlay.hostsFile);
  const resolver = hosts === undefined ? new DnsEndpointResolver(lookup) : new LocalEndpointResolver(hosts);
  const health = podHealthOf(context, pods, () => document().outlierDetection);
  const balancer = new Balancer(resolver, random, undefined, health);
  const close = async (): Promise<void> => {
    health.close();
    await Promise.all([pods.destroy(), outside.destroy()]);
  };
  return { pods, outside, resolver, hosts, balancer, random, close };
}

/** Where what documents name is read and asked. */
export function stateSourcesOf(
  context: GatewayContext,
  sources: GatewaySources,
  network: GatewayNetwork,
): Omit<StateSources, 'sealingKeys'> {
  const { log, metrics, overlay } = context;
  const { pods, outside, resolver, hosts, balancer, random } = network;
  const { pollMs = POLL_MS, now = () => performance.now(), today = Date.now } = sources;
  const failures = metrics.addEventCount(
    'agentyard_issuer_fetch_failures_total',
    'Times that an issuer of access tokens could not be asked for its keys, or about a token',
  );
  const tlsFailures = metrics.addEventCount(
    'agentyard_tls_reload_failures_total',
    'New TLS files that were refused while the old ones stayed in force',
  );
  const asked = { dispatcher: outside, log, failures };
  const resolve = (service: ServiceAddress) => resolver.resolve(service);
  return {
    overlay,
    log,
    balancer,
    random,
    dispatchers: { pods, outside },
    pollMs,
    onTlsRefusal: () => tlsFailures.add(),
    spans: new SpanCounts(metrics, log),
    upstreams: new UpstreamMetrics(metrics),
    apiServer: apiServerOf(context, sources.apiServer),
    issuers: { ...asked, pace: { ...ISSUER_PACE, ...sources.issuerPace }, now: () => performance.now() },
    introspection: { ...asked, limits: { ...INTROSPECTION_LIMITS, ...sources.introspectionLimits } },
    load: { resolve, counts: new LoadCounts(metrics), overlay, hosts, log, now, today },
    credentials: { overlay, pollMs, access: credentialAccess(context, sources, outside) },
  };
}

function podHealthOf(
  { log, metrics }: GatewayContext,
  dispatcher: Dispatcher,
  settings: () => OutlierDetection,
): PodHealth {
  const ejections = metrics.addEventCount(
    'agentyard_pod_ejections_total',
    'Times that a pod of an agent, toolset or MCP server was left out after failures in a row',
    { name: 'reason', values: POD_FAILURES },
  );
  const health = new PodHealth({ settings, probe: httpProbe(dispatcher), log, ejections });
  metrics.addGauge('agentyard_pods_ejected', 'Pods that are left out at present', () => health.ejectedCount);
  return health;
}

function credentialAccess(
  { log, metrics }: GatewayContext,
  { credentialLimits }: GatewaySources,
  dispatcher: Dispatcher,
): CredentialAccess {
  const failures = metrics.addEventCount(
    'agentyard_upstream_credential_failures_total',
    'Requests for which an MCP server could not be shown who calls',
    { name: 'reason', values: CREDENTIAL_FAILURES },
  );
  return { dispatcher, log, failures, limits: { ...CREDENTIAL_LIMITS, ...credentialLimits } };
}
