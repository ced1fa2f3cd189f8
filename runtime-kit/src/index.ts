// First, so that an old Node.js is refused before a library breaks on it.
import './node-version.js';

export { createDispatcher, createFetch, type Dispatcher } from './dispatcher.js';
export { EgressProxyError, type EgressFailure } from './egress-proxy-error.js';
export { DocumentFile, DOCUMENT_VARIABLE, type DocumentOf } from './document-file.js';
export { Health, type ReadinessCheck } from './health.js';
export { readBody, readJson } from './http-body.js';
export { HttpProblem, sendJson, sendProblem } from './http-problem.js';
export { interruptionOf, type Handler, type RequestContext } from './exchange.js';
export { HttpServer, type HttpServerOptions, type Routes } from './http-server.js';
export {
  LOCAL_OVERLAY_VARIABLE,
  LocalHosts,
  localPath,
  readLocalOverlay,
  type HostMap,
  type LocalOverlay,
} from './local-overlay.js';
export { createLogger, type Logger, type LoggerOptions } from './logger.js';
export { Metrics, OUTCOMES, type Load, type Outcome } from './metrics.js';
export { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
export { EXIT_CONFIG } from './exit-code.js';
export { runRuntime, startRuntime, type RunningRuntime, type RuntimeContext, type RuntimeParts } from './runtime.js';
export { acceptsEventStream, SseWriter } from './sse.js';
export { streamBody } from './stream-body.js';
export { handleWithWeb, type WebHandler } from './web-bridge.js';
