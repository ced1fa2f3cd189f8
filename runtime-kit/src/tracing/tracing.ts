import { hostname } from 'node:os';
import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { OpenSpan, SpanAttributes, SpanKind, SpanRecorder } from './request-trace.js';
import type { SpanCounts } from './span-counts.js';
import { SpanExport } from './span-export.js';
import { traceHeaders, type TraceHeaders, type TraceParent } from './trace-context.js';

/** How long what waits may take to be sent when a runtime ends, in milliseconds. */
const LAST_EXPORT_MS = 2_000;

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  internal: OtelKind.INTERNAL,
};

/** Who records. */
export interface TracedService {
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
}

/**
 * Records traces by OpenTelemetry and sends them to a collector. The module that this class stands in loads OpenTelemetry's
 * libraries: it is imported where traces are declared, and only then.
 */
export class Tracing implements SpanRecorder {
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;

  /** @param endpoint URL that spans are posted to */
  public constructor(service: TracedService, endpoint: string, counts: SpanCounts) {
    const resource = resourceFromAttributes({
      'service.name': service.name,
      'service.namespace': service.namespace,
      'service.version': service.version,
      'service.instance.id': hostname(),
    });
    this.provider = new TracerProvider({
      resource: defaultResource().merge(resource),
      // Whoever begins a span has decided already that it is recorded.
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new SpanExport(endpoint, counts)],
      spanLimits: { attributeValueLengthLimit: 256 },
    });
    this.tracer = this.provider.getTracer('agentyard', service.version);
  }

  public begin(...[name, kind, attributes, parent, since]: Parameters<SpanRecorder['begin']>): RecordedSpan {
    const context = parent === undefined ? ROOT_CONTEXT : remote(parent);
    const span = this.tracer.startSpan(name, { kind: KINDS[kind], attributes, startTime: since }, context);
    return new RecordedSpan(this.tracer, span);
  }

  /** Sends what waits, unless that takes long. */
  public async flush(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_EXPORT_MS).unref());
    await Promise.race([this.provider.forceFlush().catch(() => undefined), late]);
  }

  /** Takes no more; what waits is still sent. */
  public close(): void {
    void this.provider.shutdown().catch(() => undefined);
  }
}

class RecordedSpan implements OpenSpan {
  public readonly isRecorded = true;

  public constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
  ) {}

  public get traceId(): string {
    return this.span.spanContext().traceId;
  }

  public get headers(): TraceHeaders {
    const { traceId, spanId, traceState } = this.span.spanContext();
    const state = traceState?.serialize();
    return traceHeaders({ traceId, spanId, isSampled: true, ...(state !== undefined && state !== '' && { state }) });
  }

  public begin(name: string, kind: SpanKind, attributes: SpanAttributes): RecordedSpan {
    const context = trace.setSpan(ROOT_CONTEXT, this.span);
    return new RecordedSpan(this.tracer, this.tracer.startSpan(name, { kind: KINDS[kind], attributes }, context));
  }

  public rename(name: string): void {
    this.span.updateName(name);
  }

  /** What is the caller's own fault, or its wish, is no error of the server's (semantic conventions for HTTP). */
  public end(attributes: SpanAttributes, error?: string): void {
    this.span.setAttributes({ ...attributes, ...(error !== undefined && { 'error.type': error }) });
    if (error !== undefined && error !== 'refused' && error !== 'aborted') {
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end();
  }
}

function remote({ traceId, spanId, state }: TraceParent): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    ...(state !== undefined && { traceState: createTraceState(state) }),
  });
}
