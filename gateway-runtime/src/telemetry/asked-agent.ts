import type { OpenSpan, TraceHeaders, TracePoint } from '@agentyard/runtime-kit';
import type { TokenUse } from '../overload/quotas.js';
import type { UpstreamMetrics } from './upstream-metrics.js';

/** An agent as it is called. */
export interface CalledAgent {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** An invocation of an agent, from now until it ends: it is measured, and recorded in the trace. */
export class AskedAgent {
  private readonly since = performance.now();
  private readonly span: OpenSpan | undefined;
  private status: number | undefined;

  public constructor(
    private readonly agent: CalledAgent,
    private readonly trace: TracePoint | undefined,
    private readonly upstreams: Pick<UpstreamMetrics, 'invoked'>,
  ) {
    if (trace?.isRecorded === true) this.span = begin(trace, agent);
  }

  /** Whether somebody wants to see what it has used. */
  public get isRecorded(): boolean {
    return this.span !== undefined;
  }

  /** What goes with the request. */
  public get headers(): TraceHeaders | undefined {
    return (this.span ?? this.trace)?.headers;
  }

  /** A pod has begun to answer. */
  public answered(status: number): void {
    this.status = status;
  }

  /** @param error type of it; empty if there was none */
  public end(error: string, usage: TokenUse | undefined): void {
    this.upstreams.invoked(this.agent, error, performance.now() - this.since);
    if (this.span === undefined) return;
    const attributes = {
      'http.response.status_code': this.status,
      'gen_ai.usage.input_tokens': usage?.inputTokens,
      'gen_ai.usage.output_tokens': usage?.outputTokens,
    };
    this.span.end(attributes, error === '' ? undefined : error);
  }
}

/** As the semantic conventions for GenAI agents and for HTTP clients have it. */
function begin(trace: TracePoint, { name, host, port }: CalledAgent): OpenSpan | undefined {
  return trace.begin(`invoke_agent ${name}`, 'client', {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': name,
    'http.request.method': 'POST',
    'url.path': '/invoke',
    'server.address': host,
    'server.port': port,
    'agentyard.callee': `agent/${name}`,
  });
}
