import type { Outcome, RequestTrace, SpanAttributes } from '@agentyard/runtime-kit';
import type { AuditedContext, AuditFields } from '../pipeline/audit.js';
import { errorTypeOfRequest } from './error-type.js';

/** Ends the span of a request by what its audit line says, which has no contents. */
export function endServerSpan(trace: RequestTrace, request: AuditedContext, outcome: Outcome, status: number): void {
  const { route } = request.audit.noted;
  const attributes = { ...attributesOf(request, outcome, status), 'agentyard.route': route };
  trace.end(undefined, attributes, errorOf(request, outcome));
}

/** The same for a request of MCP, by the semantic conventions for it. */
export function endMessageSpan(trace: RequestTrace, request: AuditedContext, outcome: Outcome, status: number): void {
  const { noted } = request.audit;
  const attributes = attributesOf(request, outcome, status);
  // The body of this one was not read.
  if (noted.method === 'mcp') return trace.end(undefined, attributes, errorOf(request, outcome));
  trace.end(nameOf(noted), { ...attributes, ...messageAttributes(noted) }, errorOf(request, outcome));
}

function errorOf({ audit }: AuditedContext, outcome: Outcome): string | undefined {
  const error = errorTypeOfRequest(outcome, audit.noted);
  return error === '' ? undefined : error;
}

function attributesOf({ audit, requestId }: AuditedContext, outcome: Outcome, status: number): SpanAttributes {
  return {
    'http.response.status_code': status,
    'client.address': audit.noted.client_ip,
    'agentyard.request.id': requestId,
    'agentyard.outcome': outcome,
  };
}

function nameOf({ method, tool, prompt }: AuditFields): string {
  const target = tool ?? prompt;
  return target === undefined ? String(method) : `${method} ${target}`;
}

function messageAttributes({ method, tool, prompt, session, rpcError }: AuditFields): SpanAttributes {
  return {
    'mcp.method.name': method,
    'gen_ai.operation.name': method === 'tools/call' ? 'execute_tool' : undefined,
    'gen_ai.tool.name': tool,
    'gen_ai.prompt.name': prompt,
    'mcp.session.id': session,
    'rpc.response.status_code': rpcError === undefined ? undefined : String(rpcError),
  };
}
