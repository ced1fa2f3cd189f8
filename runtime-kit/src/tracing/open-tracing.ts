import type { SpanCounts } from './span-counts.js';
import type { TracedService, Tracing } from './tracing.js';

/** What records traces, until it is closed. */
export type OpenTracing = Tracing;

/** Begins to record traces: OpenTelemetry's libraries are loaded where that is wanted, and nowhere else. */
export async function openTracing(service: TracedService, endpoint: string, counts: SpanCounts): Promise<OpenTracing> {
  const { Tracing } = await import('./tracing.js');
  return new Tracing(service, endpoint, counts);
}
