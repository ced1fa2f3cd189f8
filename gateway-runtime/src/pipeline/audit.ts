import type { RequestContext } from '@agentyard/runtime-kit';

/** What the audit line of a request says beside request id, path, status and duration. Never contents. */
export interface AuditFields {
  /** Who called, once that is known. */
  readonly user?: string;
  /** `invoke`, or the MCP method; `mcp` for a request that was refused before its body was read. */
  readonly method?: string;
  /** Name of the route that decided. */
  readonly route?: string;
  /** Name of the agent that answers. */
  readonly agent?: string;
  /** Name of the toolset that answers. */
  readonly toolset?: string;
  /** Name of the tool as the gateway offers it. */
  readonly tool?: string;
  /** Whether a tool call ended in an error that its caller sees. */
  readonly isError?: boolean;
  /** Code of the JSON-RPC error that an MCP request was answered with. */
  readonly rpcError?: number;
  /** Code of the problem that ended a stream. */
  readonly problem?: string;
}

/** Adds what a step has learned to the one audit line that is written when the request has ended. */
export function audit(context: RequestContext, fields: AuditFields): void {
  context.annotate({ type: 'audit', ...fields });
}
