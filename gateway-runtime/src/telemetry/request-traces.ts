import type { IncomingMessage } from 'node:http';
import type { GatewayDocument } from 'agentyard/contract';
import {
  isSampled,
  openTracing,
  PassedTrace,
  RecordedTrace,
  traceParentOf,
  type OpenTracing,
  type RequestTrace,
  type SpanCounts,
  type TraceParent,
} from '@agentyard/runtime-kit';
import manifest from '../../package.json' with { type: 'json' };
import type { Open } from '../document-resources.js';
import type { Door } from '../pipeline/door.js';

/** Which requests of a gateway are recorded, by its document. */
export class RequestTraces {
  /** What records is kept while the collector stays the same. */
  public static async open(document: GatewayDocument, counts: SpanCounts, open: Open): Promise<RequestTraces> {
    const { name, namespace, tracing } = document;
    if (tracing === undefined) return new RequestTraces(undefined, undefined);
    const service = { name, namespace, version: manifest.version };
    const { endpoint } = tracing;
    const recorder = await open(['tracing', endpoint], () => openTracing(service, endpoint, counts));
    return new RequestTraces({ ratio: tracing.samplingRatio, trustsParents: tracing.trustsProxySampling }, recorder);
  }

  private constructor(
    private readonly rule: Parameters<typeof isSampled>[0] | undefined,
    private readonly recorder: OpenTracing | undefined,
  ) {}

  /** The trace of a client's request; absent if it has none, and none is begun. */
  public of(request: IncomingMessage, door: Pick<Door, 'isTrustedProxy'>): RequestTrace | undefined {
    const parent = traceParentOf(request.headers);
    const { rule, recorder } = this;
    if (rule === undefined || recorder === undefined || !isSampled(rule, parent, () => door.isTrustedProxy(request))) {
      return parent && new PassedTrace(parent);
    }
    const { method = 'GET', url = '/' } = request;
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const trace = new RecordedTrace(recorder, `${method} ${path}`, parent);
    // As the semantic conventions for HTTP have it. All paths of the gateway are routes; a query is not told.
    trace.note({ 'http.request.method': method, 'http.route': path, 'url.path': path });
    return trace;
  }

  /** The trace of what another replica passes on, which has decided whether it is recorded. */
  public passedOn(parent: TraceParent): RequestTrace {
    return this.recorder !== undefined && parent.isSampled
      ? new RecordedTrace(this.recorder, 'POST /v1/peer/exchange', parent)
      : new PassedTrace(parent);
  }

  /** Sends what is recorded, unless that takes long. */
  public async flush(): Promise<void> {
    await this.recorder?.flush();
  }
}
