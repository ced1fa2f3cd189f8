import type { OpenSpan, TracePoint } from '@agentyard/runtime-kit';
import { calleeOf } from '../../telemetry/callee.js';
import { errorTypeOf, type Ending } from '../../telemetry/error-type.js';
import { errorTypeOfThrown } from '../../telemetry/upstream-metrics.js';
import type { McpExchange } from '../exchange.js';
import type { Backend } from '../federation/catalog.js';

/** Something that a backend is asked, from now until it ends: it is measured, and recorded in the trace. */
export class AskedBackend {
  private readonly since = performance.now();
  private readonly span: OpenSpan | undefined;

  /**
   * @param method one that the gateway knows
   * @param target name of the tool or prompt that it is about, as the backend has it
   */
  public constructor(
    private readonly asking: McpExchange,
    private readonly backend: Backend,
    private readonly method: string,
    target?: unknown,
  ) {
    const { trace } = asking.context;
    if (trace?.isRecorded === true) this.span = begin(trace, backend, method, target);
  }

  /** The exchange in which it is asked: what is sent has its span as the parent. */
  public get exchange(): McpExchange {
    const { span, asking } = this;
    return span === undefined ? asking : { ...asking, context: asking.context.within(span) };
  }

  /** It was answered. */
  public answered(ending: Ending): void {
    this.end(errorTypeOf(ending), ending);
  }

  /** It was not. */
  public failed(error: unknown): void {
    this.end(errorTypeOfThrown(error, this.asking.context.departure.aborted));
  }

  private end(error: string, { rpcError }: Ending = {}): void {
    const { asking, backend, method, span } = this;
    asking.services.upstreams.asked(backend, method, error, performance.now() - this.since);
    if (span === undefined) return;
    const attributes = { 'rpc.response.status_code': rpcError === undefined ? undefined : String(rpcError) };
    span.end(attributes, error === '' ? undefined : error);
  }
}

/** As the semantic conventions for MCP have it. */
function begin(trace: TracePoint, backend: Backend, method: string, target: unknown): OpenSpan | undefined {
  const isTool = method === 'tools/call';
  const name = (isTool || method === 'prompts/get') && typeof target === 'string' ? target : undefined;
  return trace.begin(name === undefined ? method : `${method} ${name}`, 'client', {
    'mcp.method.name': method,
    'gen_ai.operation.name': isTool ? 'execute_tool' : undefined,
    'gen_ai.tool.name': isTool ? name : undefined,
    'gen_ai.prompt.name': isTool ? undefined : name,
    'network.transport': 'tcp',
    'agentyard.callee': calleeOf(backend),
  });
}
