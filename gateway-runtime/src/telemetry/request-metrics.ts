import type { Histogram, Metrics, Outcome } from '@agentyard/runtime-kit';
import type { Backend } from '../mcp/federation/catalog.js';
import type { AuditedContext, CalledTool } from '../pipeline/audit.js';
import { AgentTool } from '../mcp/agents/agent-tool.js';
import { calleeOf } from './callee.js';
import { errorTypeOfRequest } from './error-type.js';
import { Operation } from './operation.js';

/** Most tools with a series of their own; those that are called first have one, and the others one together. */
const MAX_TOOLS = 300;

/** The series of tools beyond that, and of those that no list of a server has. */
const OTHER_TOOLS = 'other';

/** The series of requests that no route took. */
const NO_ROUTE = 'none';

/** What lasts as long as its client likes. */
const STANDING: ReadonlySet<unknown> = new Set(['session/stream', 'subscriptions/listen']);

/**
 * How many requests there are, how they end and how long they take: by route for those of agents, by method and tool for MCP.
 * No label has a value that a client could invent.
 */
export class RequestMetrics {
  private readonly mcp: Histogram;
  private readonly invocations: Histogram;
  private readonly routes = new Map<string, Operation>();
  private readonly methods = new Map<string, Operation>();
  /** By backend, since a document that is read again brings new ones; durations go on under the same labels. */
  private tools = new WeakMap<object, Map<string, Operation>>();
  /** Callee and name of the tools that have a series. */
  private readonly named = new Set<string>();

  public constructor(metrics: Metrics) {
    this.mcp = metrics.addHistogram(
      'mcp_server_operation_duration_seconds',
      'How long requests of MCP took, from their first byte to the last one of the answer',
      ['mcp_method_name', 'gen_ai_tool_name', 'callee', 'error_type'],
    );
    this.invocations = metrics.addHistogram(
      'agentyard_invocation_duration_seconds',
      'How long requests to agents past MCP took, from their first byte to the last one of the answer',
      ['route', 'error_type'],
    );
  }

  /** Counts a request past MCP that asks an agent, and has ended. */
  public countInvocation({ audit: { noted } }: AuditedContext, outcome: Outcome, durationMs: number): void {
    this.routeOf(noted.route ?? NO_ROUTE).observe(errorTypeOfRequest(outcome, noted), durationMs);
  }

  /** Counts a request of MCP that has ended. */
  public countMessage({ audit: { noted }, tool }: AuditedContext, outcome: Outcome, durationMs: number): void {
    const { method } = noted;
    if (method === undefined || STANDING.has(method)) return;
    const error = errorTypeOfRequest(outcome, noted);
    if (tool !== undefined) this.toolOf(tool).observe(error, durationMs);
    else this.methodOf(method).observe(error, durationMs);
  }

  /** Forgets the series of what a new document has not any more. */
  public keep(callees: ReadonlySet<string>, routes: ReadonlySet<string>): void {
    this.mcp.forget(([, , callee = '']) => callee !== '' && !callees.has(callee));
    this.invocations.forget(([route = '']) => route !== NO_ROUTE && !routes.has(route));
    for (const route of this.routes.keys()) if (!routes.has(route)) this.routes.delete(route);
    for (const tool of this.named) if (!callees.has(tool.slice(0, tool.indexOf(' ')))) this.named.delete(tool);
    // What was called of a backend of before may be open still.
    this.tools = new WeakMap();
  }

  private routeOf(route: string): Operation {
    let operation = this.routes.get(route);
    if (operation === undefined) this.routes.set(route, (operation = new Operation(this.invocations, route)));
    return operation;
  }

  private methodOf(method: string): Operation {
    let operation = this.methods.get(method);
    if (operation === undefined) this.methods.set(method, (operation = new Operation(this.mcp, method, '', '')));
    return operation;
  }

  private toolOf({ backend, name }: CalledTool): Operation {
    let tools = this.tools.get(backend);
    if (tools === undefined) this.tools.set(backend, (tools = new Map<string, Operation>()));
    const known = tools.get(name);
    if (known !== undefined) return known;
    const called = backend as Backend | AgentTool;
    const callee = called instanceof AgentTool ? `agent/${called.name}` : calleeOf(called);
    const label = hasTool(called, name) && this.admits(`${callee} ${name}`) ? name : OTHER_TOOLS;
    const operation = tools.get(label) ?? new Operation(this.mcp, 'tools/call', label, callee);
    tools.set(label, operation);
    return operation;
  }

  private admits(tool: string): boolean {
    if (this.named.has(tool)) return true;
    if (this.named.size >= MAX_TOOLS) return false;
    this.named.add(tool);
    return true;
  }
}

/** Whether a backend says that it has a tool: a client may name any. */
function hasTool(backend: Backend | AgentTool, name: string): boolean {
  if (backend instanceof AgentTool) return true;
  return backend.kind === 'toolset' ? backend.has(name) : backend.hasShown('tools/list', name);
}
