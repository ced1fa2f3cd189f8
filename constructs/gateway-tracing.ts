import type { IConstruct } from 'constructs';
import type { GatewayDocumentInput } from '../lib/contract';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import type { Workload } from './workload';

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
  const { telemetryCollector: collector } = workload.profile._options;
  if (collector === undefined) {
    if (options !== undefined) reportFault(place, noCollector(place, workload));
    return undefined;
  }
  const { samplingRatio, trustsProxySampling } = options ?? {};
  deferFault(place, () => checkOptions(place, hasProxies, options), undefined);
  if (samplingRatio === 0 && trustsProxySampling !== true) return undefined;
  deferFault(place, () => collector._open(workload, place), undefined);
  return { endpoint: collector._tracesEndpoint, samplingRatio, trustsProxySampling };
}

function noCollector(place: IConstruct, { profile }: Workload): SynthError {
  const example = "telemetryCollector: TelemetryCollector.otlp({ url: 'https://otlp.example.com' })";
  return profile._lacks(place, 'where the telemetry collector is', example);
}

function checkOptions(
  place: IConstruct,
  hasProxies: boolean,
  { samplingRatio = 0, trustsProxySampling = false }: TracingOptions = {},
): void {
  if (!(samplingRatio >= 0 && samplingRatio <= 1)) {
    throw new SynthError('TELEMETRY_INVALID', place, {
      message: `tracing.samplingRatio is ${samplingRatio}`,
      remedy: 'Give a share from 0 to 1, for example 0.05',
    });
  }
  if (trustsProxySampling && !hasProxies) {
    throw new SynthError('TELEMETRY_INVALID', place, {
      message: 'tracing.trustsProxySampling is set, and no proxies are trusted',
      remedy: "Name them: trustedProxies: { cidrs: ['10.1.0.0/16'] }, at the gateway or in the cluster's profile",
    });
  }
}
