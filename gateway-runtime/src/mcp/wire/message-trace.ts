import { parseTraceParent, type TraceHeaders, type TraceParent, type TracePoint } from '@agentyard/runtime-kit';
import { isObject, type JsonObject } from './json-rpc.js';

/** Where `_meta` of a message says that it comes from: its members have the names of the headers (MCP, SEP-414). */
export function traceParentIn(meta: JsonObject | undefined): TraceParent | undefined {
  if (meta?.traceparent === undefined) return undefined;
  return parseTraceParent(meta.traceparent, meta.tracestate);
}

/**
 * What a message says of where it comes from. While nothing is recorded that is the client's own word, which goes on as it
 * was sent.
 */
export function recordedHeaders(trace: TracePoint | undefined): TraceHeaders | undefined {
  return trace?.isRecorded === true ? trace.headers : undefined;
}

/** Parameters with where they come from; the same ones if nothing is recorded. */
export function tracedParams(params: JsonObject, trace: TracePoint | undefined): JsonObject {
  const headers = recordedHeaders(trace);
  if (headers === undefined) return params;
  return { ...params, _meta: tracedMeta(isObject(params._meta) ? params._meta : {}, headers) };
}

/** `_meta` with where its message comes from. */
export function tracedMeta({ tracestate: _state, ...meta }: JsonObject, trace: TraceHeaders): JsonObject {
  return { ...meta, ...trace };
}
