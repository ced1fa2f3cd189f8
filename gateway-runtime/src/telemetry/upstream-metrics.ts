import type { Histogram, Metrics } from '@agentyard/runtime-kit';
import type { Backend } from '../mcp/federation/catalog.js';
import { UpstreamUnavailableError } from '../mcp/upstream/unavailable.js';
import { calleeOf } from './callee.js';
import { Operation } from './operation.js';

/** How long what the gateway calls takes, and how it ends: toolsets and MCP servers by method, and agents. */
export class UpstreamMetrics {
  private readonly mcp: Histogram;
  private readonly agents: Histogram;
  /** By backend and by agent of the document in force. */
  private operations = new WeakMap<object, Map<string, Operation>>();

  public constructor(metrics: Metrics) {
    this.mcp = metrics.addHistogram(
      'mcp_client_operation_duration_seconds',
      'How long toolsets and MCP servers took for what they were asked, without the wait for their turn',
      ['mcp_method_name', 'callee', 'error_type'],
    );
    this.agents = metrics.addHistogram(
      'gen_ai_client_operation_duration_seconds',
      'How long agents took for what they were asked, without the wait for their turn',
      ['gen_ai_operation_name', 'gen_ai_agent_name', 'error_type'],
    );
  }

  /** @param method one that the gateway knows, and not what a client has sent */
  public asked(backend: Backend, method: string, error: string, durationMs: number): void {
    this.operationOf(backend, method, () => new Operation(this.mcp, method, calleeOf(backend))).observe(
      error,
      durationMs,
    );
  }

  public invoked(agent: { readonly name: string }, error: string, durationMs: number): void {
    this.operationOf(agent, '', () => new Operation(this.agents, 'invoke_agent', agent.name)).observe(
      error,
      durationMs,
    );
  }

  /** Forgets the series of what a new document has not any more. */
  public keep(callees: ReadonlySet<string>): void {
    this.mcp.forget(([, callee = '']) => !callees.has(callee));
    this.agents.forget(([, agent = '']) => !callees.has(`agent/${agent}`));
    this.operations = new WeakMap();
  }

  private operationOf(callee: object, method: string, make: () => Operation): Operation {
    let operations = this.operations.get(callee);
    if (operations === undefined) this.operations.set(callee, (operations = new Map<string, Operation>()));
    let operation = operations.get(method);
    if (operation === undefined) operations.set(method, (operation = make()));
    return operation;
  }
}

/** The type of the error that nobody answered with. */
export function errorTypeOfThrown(error: unknown, hasClientLeft: boolean): string {
  if (hasClientLeft) return 'aborted';
  if (!(error instanceof UpstreamUnavailableError)) return 'refused';
  return error.wasSent ? 'no_answer' : 'unreachable';
}
