// First, so that an old Node.js is refused before a library breaks on it.
import './node-version.js';

export { PlacedSet, type Placed } from './placed-set.js';
export { startTimed, stopTimed, type Timed } from './shared-timer.js';
export { ApiServer, ApiServerError, type ApiRequest } from './api-server.js';
export { Departure, type Departing } from './departure.js';
export { WatchedObject, type WatchedKind } from './watched-object.js';
export {
  createDispatcher,
  createPodDispatcher,
  createFetch,
  isUnconnected,
  type ClientTlsOptions,
  type Dispatcher,
} from './dispatcher.js';
export { Histogram, type Observations } from './histogram.js';
export { EgressProxyError, type EgressFailure } from './egress-proxy-error.js';
export { DocumentFile, DOCUMENT_VARIABLE, type DocumentOf } from './document-file.js';
export { Health, type ReadinessCheck } from './health.js';
export { parseJson, readBody, readJson, readJsonBody } from './http-body.js';
export { HttpProblem, sendJson, sendProblem } from './http-problem.js';
export { interruptionOf, type EndListener, type Handler, type RequestContext } from './exchange.js';
export { HttpServer, type HttpDoor, type HttpServerOptions, type Routes } from './http-server.js';
export { excessDetail, jsonExcess, refuseExcessiveJson, USUAL_JSON_LIMITS, type JsonLimits } from './json-limits.js';
export {
  LOCAL_OVERLAY_VARIABLE,
  LocalHosts,
  localPath,
  readLocalOverlay,
  type HostMap,
  type LocalOverlay,
} from './local-overlay.js';
export { auditUnavailable } from './audit-unavailable.js';
export {
  createLogger,
  isLogBlocked,
  logFlushed,
  logTaken,
  writeLastLine,
  type Logger,
  type LoggerOptions,
} from './logger.js';
export { Metrics, OUTCOMES, type EventCount, type Load, type Outcome } from './metrics.js';
export { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
export { EXIT_CONFIG } from './exit-code.js';
export {
  reportFatal,
  runRuntime,
  startRuntime,
  type RunningRuntime,
  type RuntimeContext,
  type RuntimeParts,
} from './runtime.js';
export { acceptsEventStream, SseWriter, type EventMarks } from './sse.js';
export { streamBody } from './stream-body.js';
export type { BodyHandler } from './http1/http1-exchange.js';
export { lend } from './http1/lent-memory.js';
export { endWithTurn } from './turn-answers.js';
export { ServerTls } from './tls/server-tls.js';
export { UpstreamTls } from './tls/upstream-tls.js';
export { handleWithWeb, type WebHandler } from './web-bridge.js';
export { CallerCheck, type CalledIdentity, type Caller, type CheckedCaller } from './identity/caller-check.js';
export { auditRefusal, CallerRefused, type RefusalReason } from './identity/caller-refused.js';
export { ServiceTokenError, ServiceTokens } from './identity/service-tokens.js';
export { TrustStore } from './identity/trust-store.js';
export { UserClaimSigner } from './identity/user-claim-signer.js';
export { SealingKeys, type SealingKey } from './identity/sealing-keys.js';
export { dataOfText, textOfData } from './trust/object-data.js';
export { refreshTrust } from './trust/refresh-trust.js';
export { ClusterFault, ObjectChanged, titleOf } from './trust/trust-cluster.js';
export type { KeptObject, StoredObject, TokenIssuerKeys, TrustCluster } from './trust/trust-cluster.js';
export type { TrustFault, TrustReport, TrustStep } from './trust/trust-report.js';
export {
  PassedTrace,
  RecordedTrace,
  type OpenSpan,
  type RequestTrace,
  type SpanAttributes,
  type SpanRecorder,
  type TracePoint,
} from './tracing/request-trace.js';
export { isSampled, type SamplingRule } from './tracing/sampling.js';
export { SpanCounts } from './tracing/span-counts.js';
export { openTracing, type OpenTracing } from './tracing/open-tracing.js';
export { parseTraceParent, traceParentOf, type TraceHeaders, type TraceParent } from './tracing/trace-context.js';
export { StoreDownError } from './valkey/store-down-error.js';
export { ValkeyConnection, type StoreAccess } from './valkey/valkey-connection.js';
export { valkeyScript, type ValkeyScript } from './valkey/valkey-script.js';
