import {
  AlertRules,
  ClusterProfile,
  LokiOutput,
  Peer,
  TelemetryCollector,
  type ClusterProfileOptions,
  type OtlpCollectorOptions,
  type TracingOptions,
} from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const servedBy = Peer.pods({ namespace: 'observability', podLabels: { app: 'otel-collector' } });

const collector = (place: string, options: OtlpCollectorOptions): FaultCase => [
  'TELEMETRY_INVALID',
  `TelemetryCollector.otlp: ${place}`,
  () => TelemetryCollector.otlp(options),
];

const gateway = (place: string, options: OtlpCollectorOptions, tracing?: TracingOptions): FaultCase => [
  'TELEMETRY_INVALID',
  `chart/gateway: ${place}`,
  () => {
    const telemetryCollector = TelemetryCollector.otlp(options);
    return new Program('agents', ClusterProfile.generic({ telemetryCollector })).gateway('gateway', { tracing });
  },
];

const agent = (code: FaultCase[0], place: string, profile: ClusterProfileOptions): FaultCase => [
  code,
  `chart/support: ${place}`,
  () => new Program('agents', ClusterProfile.generic(profile)).agent('support', { tracing: { samplingRatio: 2 } }),
];

const OUTSIDE = { url: 'https://otlp.example.com' };

/** Faults of where traces and log lines are sent, of which ones, and of what is monitored. */
export const TELEMETRY_FAULTS: FaultCase[] = [
  collector('"otel" is no https URL', { url: 'otel' }),
  collector('"http://otlp.example.com" is no https URL', { url: 'http://otlp.example.com' }),
  collector('"https://...@otlp.example.com?..." is no https URL', { url: 'https://me:key@otlp.example.com?key=1' }),
  collector('"ftp://otel.observability.svc" is no http or https URL', {
    url: 'ftp://otel.observability.svc',
    servedBy,
  }),
  collector('podPort stands beside no servedBy', { ...OUTSIDE, podPort: 4318 }),
  ['PORT_INVALID', 'podPort is 0', () => TelemetryCollector.otlp({ url: 'http://a.b.svc', servedBy, podPort: 0 })],
  gateway('the host "*.example.com" of its URL is no DNS name', { url: 'https://*.example.com' }),
  gateway('the telemetry collector is served by pods, and "otlp.example.com"', { ...OUTSIDE, servedBy }),
  gateway('tracing.samplingRatio is 1.5', OUTSIDE, { samplingRatio: 1.5 }),
  gateway('tracing.samplingRatio is NaN', OUTSIDE, { samplingRatio: NaN }),
  gateway('tracing.trustsProxySampling is set, and no proxies are trusted', OUTSIDE, { trustsProxySampling: true }),
  [
    'EGRESS_PEER_MISSING',
    'the telemetry collector is at "otel.observability.svc", inside of the cluster',
    () => {
      const telemetryCollector = TelemetryCollector.otlp({ url: 'https://otel.observability.svc' });
      return new Program('agents', ClusterProfile.generic({ telemetryCollector })).gateway('gateway');
    },
  ],
  [
    'PROFILE_FACT_MISSING',
    'chart/gateway: the profile of the cluster (generic) does not say where the telemetry collector is',
    () => new Program().gateway('gateway', { tracing: { samplingRatio: 1 } }),
  ],
  agent(
    'PROFILE_FACT_MISSING',
    'the profile of the cluster (generic) does not say where the telemetry collector is',
    {},
  ),
  agent('TELEMETRY_INVALID', 'tracing.samplingRatio is 2', { telemetryCollector: TelemetryCollector.otlp(OUTSIDE) }),
  ['LOKI_INVALID', 'the URL holds credentials', () => LokiOutput.url('https://u:p@loki.example.com')],
  ['MONITORING_EMPTY', 'chart/alerts', () => new AlertRules(new Program().chart, 'alerts')],
];
