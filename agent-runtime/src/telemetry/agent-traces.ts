import type { IncomingMessage } from 'node:http';
import {
  isSampled,
  openTracing,
  PassedTrace,
  RecordedTrace,
  SpanCounts,
  traceParentOf,
  type Logger,
  type Metrics,
  type OpenTracing,
  type RequestContext,
  type RequestTrace,
  type TraceParent,
} from '@agentyard/runtime-kit';
import type { AgentDocument } from 'agentyard/contract';
import manifest from '../../package.json' with { type: 'json' };
import type { Invoker } from '../invoker-check.js';

/** Which requests of an agent are recorded, by its document. */
export class AgentTraces {
  public static async open(
    { name, namespace, tracing }: Pick<AgentDocument, 'name' | 'namespace' | 'tracing'>,
    metrics: Metrics,
    log: Logger,
  ): Promise<AgentTraces> {
    if (tracing === undefined) return new AgentTraces(0, undefined);
    const service = { name, namespace, version: manifest.version };
    const recorder = await openTracing(service, tracing.endpoint, new SpanCounts(metrics, log));
    return new AgentTraces(tracing.samplingRatio, recorder);
  }

  private constructor(
    private readonly ratio: number,
    private readonly recorder: OpenTracing | undefined,
  ) {}

  /** The trace of a request that was let in; absent if it has none, and none is begun. */
  public of(request: IncomingMessage, invoker: Pick<Invoker, 'isGateway'>): RequestTrace | undefined {
    const parent = traceParentOf(request.headers);
    const { recorder } = this;
    if (recorder === undefined || !this.isRecorded(parent, invoker)) return parent && new PassedTrace(parent);
    const { method = 'POST', url = '/' } = request;
    const path = url.split('?', 1)[0];
    const trace = new RecordedTrace(recorder, `${method} ${path}`, parent);
    // As the semantic conventions for HTTP have it. All paths that are traced are routes.
    trace.note({ 'http.request.method': method, 'http.route': path, 'url.path': path });
    return trace;
  }

  /** Sends what is recorded, unless that takes long. */
  public async close(): Promise<void> {
    await this.recorder?.flush();
    this.recorder?.close();
  }

  /** Who is let in is known, so that its word counts; a gateway decides for all that comes of its requests. */
  private isRecorded(parent: TraceParent | undefined, { isGateway }: Pick<Invoker, 'isGateway'>): boolean {
    if (parent === undefined && isGateway) return false;
    return isSampled({ ratio: this.ratio, trustsParents: true }, parent, () => true);
  }
}

/** Ends the trace of a request with it, and has its log line name the trace. */
export function traceRequest(
  trace: RequestTrace | undefined,
  context: Pick<RequestContext, 'annotate' | 'onEnd' | 'requestId'>,
): void {
  if (trace === undefined) return;
  context.annotate({ traceId: trace.traceId });
  context.onEnd({
    ended: (outcome, _durationMs, status) => {
      const attributes = { 'http.response.status_code': status, 'agentyard.request.id': context.requestId };
      trace.end(undefined, { ...attributes, 'agentyard.outcome': outcome }, outcome === 'ok' ? undefined : outcome);
    },
  });
}
