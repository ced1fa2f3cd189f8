import type { IConstruct } from 'constructs';
import type { AgentDocumentInput, GatewayDocumentInput } from '../lib/contract';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import type { TelemetryCollector } from './telemetry-collector';
import type { Workload } from './workload';

/** How an agent records traces. */
export interface AgentTracingOptions {
  /**
   * Share of the requests of services that are recorded where they begin no trace, from 0 to 1, chosen at random. What
   * comes with a trace is recorded if its sender does, and what gateways send if they do.
   * @default 0.01
   */
  readonly samplingRatio?: number;
}

/** How a gateway records traces. */
export interface TracingOptions {
  /**
   * Share of the requests that are recorded, from 0 to 1, chosen at random. 0: none.
   * @default 0.01
   */
  readonly samplingRatio?: number;
  /**
   * Whether the sampled flag of `traceparent` decides in the place of chance where trusted proxies send it. Only for
   * proxies that set it themselves: through one that passes on what clients send, a client could have all of its requests
   * recorded.
   * @default false
   */
  readonly trustsProxySampling?: boolean;
}

type TracingSection = GatewayDocumentInput['tracing'];

/**
 * How a gateway records traces in the form of its document, with the way to the collector of the cluster's profile. Without
 * a collector nothing is recorded; that, and what is wrong, fails the synthesis where options are given.
 */
export function gatewayTracing(
  place: IConstruct,
  workload: Workload,
  hasProxies: boolean,
  options: TracingOptions | undefined,
): TracingSection {
  const { samplingRatio, trustsProxySampling } = options ?? {};
  const collector = collectorOf(place, workload, options);
  if (collector === undefined) return undefined;
  if (trustsProxySampling === true && !hasProxies) reportFault(place, noProxies(place));
  if (samplingRatio === 0 && trustsProxySampling !== true) return undefined;
  deferFault(place, () => collector._open(workload, place), undefined);
  return { endpoint: collector._tracesEndpoint, samplingRatio, trustsProxySampling };
}

/** The same of an agent, whose gateways decide what of their requests is recorded. */
export function agentTracing(
  place: IConstruct,
  workload: Workload,
  options: AgentTracingOptions | undefined,
): AgentDocumentInput['tracing'] {
  const collector = collectorOf(place, workload, options);
  if (collector === undefined) return undefined;
  deferFault(place, () => collector._open(workload, place), undefined);
  return { endpoint: collector._tracesEndpoint, samplingRatio: options?.samplingRatio };
}

function collectorOf(
  place: IConstruct,
  workload: Workload,
  options: AgentTracingOptions | undefined,
): TelemetryCollector | undefined {
  const { telemetryCollector: collector } = workload.profile._options;
  if (collector === undefined) {
    if (options !== undefined) reportFault(place, noCollector(place, workload));
    return undefined;
  }
  const ratio = options?.samplingRatio ?? 0;
  if (!(ratio >= 0 && ratio <= 1)) reportFault(place, noRatio(place, ratio));
  return collector;
}

function noCollector(place: IConstruct, { profile }: Workload): SynthError {
  const example = "telemetryCollector: TelemetryCollector.otlp({ url: 'https://otlp.example.com' })";
  return profile._lacks(place, 'where the telemetry collector is', example);
}

function noRatio(place: IConstruct, ratio: number): SynthError {
  return new SynthError('TELEMETRY_INVALID', place, {
    message: `tracing.samplingRatio is ${ratio}`,
    remedy: 'Give a share from 0 to 1, for example 0.05',
  });
}

function noProxies(place: IConstruct): SynthError {
  return new SynthError('TELEMETRY_INVALID', place, {
    message: 'tracing.trustsProxySampling is set, and no proxies are trusted',
    remedy: "Name them: trustedProxies: { cidrs: ['10.1.0.0/16'] }, at the gateway or in the cluster's profile",
  });
}
