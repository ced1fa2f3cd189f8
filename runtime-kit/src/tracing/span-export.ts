import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { SpanCounts } from './span-counts.js';

/** Most spans that wait for the collector; what is beyond is dropped, so that memory stays bounded. */
const MAX_WAITING = 2_048;

/** How long the collector may take for one batch, tries included, in milliseconds. */
const EXPORT_TIMEOUT_MS = 5_000;

/** Success, in the words of the SDK. */
const SUCCESS = 0;

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** Sends spans in batches to a collector by OTLP. Nobody waits for it; what it does not take is counted. */
export class SpanExport implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  private waiting = 0;

  /** @param endpoint URL that batches are posted to */
  public constructor(
    endpoint: string,
    private readonly counts: SpanCounts,
  ) {
    const exporter = new OTLPTraceExporter({
      url: endpoint,
      timeoutMillis: EXPORT_TIMEOUT_MS,
      // An agent of one's own heeds the variables of the egress proxy only if it is told to.
      httpAgentOptions: (protocol) => {
        const options = { keepAlive: true, proxyEnv: process.env };
        return protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
      },
    });
    this.batches = new BatchSpanProcessor({ exporter: this.counted(exporter), maxQueueSize: MAX_WAITING });
  }

  public onStart(): void {}

  public onEnd(span: ReadableSpan): void {
    if (this.waiting >= MAX_WAITING) return this.counts.add('dropped', 1, `${MAX_WAITING} wait for it already`);
    this.waiting += 1;
    this.batches.onEnd(span);
  }

  public forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  public shutdown(): Promise<void> {
    return this.batches.shutdown();
  }

  private counted(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        this.waiting -= spans.length;
        exporter.export(spans, (result: ExportResult) => {
          const isTaken = Number(result.code) === SUCCESS;
          this.counts.add(isTaken ? 'exported' : 'failed', spans.length, reasonOf(result.error));
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
  }
}

/** Of the collector's own words only the status is told: nobody knows what they are. */
function reasonOf(error: (Error & { code?: number | string }) | undefined): string {
  if (error === undefined) return '';
  return typeof error.code === 'number' ? `it answers with status ${error.code}` : error.message.slice(0, 200);
}
