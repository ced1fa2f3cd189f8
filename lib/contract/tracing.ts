import { z } from 'zod';
import { httpUrl } from './fields';

const endpoint = httpUrl.describe(
  'URL of the telemetry collector that spans are posted to, by OTLP over HTTP in protobuf.',
);

const samplingRatio = z.number().min(0).max(1).default(0.01);

/** How an agent records traces. */
export const agentTracing = z
  .strictObject({
    endpoint,
    samplingRatio: samplingRatio.describe(
      'Share of the requests of services that are recorded where they begin no trace, from 0 to 1, chosen at random. What ' +
        'comes with a trace is recorded if its sender does, and what gateways send if they do.',
    ),
  })
  .describe('Traces by OpenTelemetry; absent: none are recorded, and trace ids are passed on.');

/** How a gateway records traces. */
export const tracing = z
  .strictObject({
    endpoint,
    samplingRatio: samplingRatio.describe('Share of the requests that are recorded, from 0 to 1, chosen at random.'),
    trustsProxySampling: z
      .boolean()
      .default(false)
      .describe(
        'Whether the sampled flag of `traceparent` decides in the place of chance where `trustedProxies` send it. Only for proxies that set it themselves: one that passes on what a client sends lets clients have all of their requests recorded.',
      ),
  })
  .describe('Traces by OpenTelemetry; absent: none are recorded, and trace ids are passed on.');

/** What nobody sends does not count. */
export function refuseUntrustedSampling(
  document: { readonly tracing?: z.output<typeof tracing>; readonly trustedProxies?: unknown },
  context: z.RefinementCtx,
): void {
  if (document.tracing?.trustsProxySampling !== true || document.trustedProxies !== undefined) return;
  const message = 'counts for trusted proxies, and there are none in $.trustedProxies';
  context.addIssue({ code: 'custom', path: ['tracing', 'trustsProxySampling'], message });
}

export type TracingSection = z.output<typeof tracing>;
