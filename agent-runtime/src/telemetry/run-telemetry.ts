import type { OpenSpan, TraceHeaders, TracePoint } from '@agentyard/runtime-kit';
import type { AgentDocument, InvokeResponse, StopReason } from 'agentyard/contract';
import type { LanguageModelCallEndEvent } from 'ai';
import { reportedTokens } from '../token-usage.js';
import type { ToolAddress } from '../tool-catalog.js';
import type { AgentMetrics } from './agent-metrics.js';
import { providerName, requestModel } from './model-names.js';

/** What is said of an answer of the model. */
type ModelAnswer = Pick<LanguageModelCallEndEvent, 'usage' | 'finishReason' | 'responseId'>;

/** Something that takes its time, measured and recorded until it ends. */
interface OpenCall {
  readonly since: number;
  readonly span: OpenSpan | undefined;
}

/**
 * One request to an agent as metrics and traces have it: the spans `invoke_agent`, `chat` and `execute_tool` of the semantic
 * conventions for GenAI. They have no contents: no prompts, arguments, results, nor what anybody has said.
 */
export class RunTelemetry {
  private readonly since = performance.now();
  private readonly span: OpenSpan | undefined;
  private chat: OpenCall | undefined;
  private reason = 'aborted';
  private error: string | undefined = 'aborted';

  /** @param parent where in its trace the request is; absent: in none */
  public constructor(
    private readonly document: Pick<AgentDocument, 'name' | 'model'>,
    private readonly metrics: AgentMetrics,
    private readonly parent: TracePoint | undefined,
  ) {
    this.span = parent?.begin(`invoke_agent ${document.name}`, 'internal', {
      ...this.modelAttributes('invoke_agent'),
      'gen_ai.agent.name': document.name,
    });
  }

  /** What goes with requests that no span of their own is for. */
  public get headers(): TraceHeaders | undefined {
    return this.point?.headers;
  }

  /** The model is asked. @param maxTokens most of its answer; absent: as many as it likes */
  public modelAsked(maxTokens: number | undefined): void {
    const { model } = this.document;
    const span = this.point?.begin(`chat ${requestModel(model)}`, 'client', {
      ...this.modelAttributes('chat'),
      'gen_ai.request.max_tokens': maxTokens,
      'gen_ai.request.temperature': model.provider === 'scripted' ? undefined : model.temperature,
      'gen_ai.request.stream': true,
    });
    this.chat = { since: performance.now(), span };
  }

  public modelAnswered({ usage, finishReason, responseId }: ModelAnswer): void {
    const tokens = reportedTokens(usage);
    this.endChat(
      '',
      {
        'gen_ai.response.id': responseId,
        'gen_ai.response.finish_reasons': [finishReason],
        'gen_ai.usage.input_tokens': tokens?.inputTokens,
        'gen_ai.usage.output_tokens': tokens?.outputTokens,
      },
      tokens,
    );
  }

  /** The model has not answered, or not wholly; without meaning if it was not asked. @param error type of it */
  public modelFailed(error: string): void {
    this.endChat(error, {});
  }

  /** A tool is called. @param callId as the model has named the call */
  public toolCalled(address: ToolAddress, callId: string): ToolTelemetry {
    const span = this.point?.begin(`execute_tool ${address.tool}`, 'internal', {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': address.tool,
      'gen_ai.tool.call.id': callId,
      'gen_ai.tool.type': 'extension',
      'mcp.method.name': 'tools/call',
      'agentyard.callee': `toolset/${address.toolset}`,
    });
    const since = performance.now();
    return {
      headers: (span ?? this.parent)?.headers,
      end: (error) => {
        this.metrics.toolCalled(address, error, performance.now() - since);
        span?.end({}, error === '' ? undefined : error);
      },
    };
  }

  /** There is an answer, whole or cut by a limit. */
  public answered(stopReason: StopReason): void {
    this.reason = stopReason;
    this.error = undefined;
  }

  /** There is none. @param code of the problem */
  public failed(code: string): void {
    this.reason = code;
    this.error = code;
  }

  /** The request has ended; as aborted, if there is neither an answer nor a problem. */
  public end({ inputTokens, outputTokens }: InvokeResponse['usage']): void {
    this.modelFailed('aborted');
    this.metrics.ran(this.reason, performance.now() - this.since);
    const attributes = {
      'agentyard.stop_reason': this.reason,
      'gen_ai.usage.input_tokens': inputTokens,
      'gen_ai.usage.output_tokens': outputTokens,
    };
    this.span?.end(attributes, this.error);
  }

  /** What is done for the request stands below its span, if it is recorded. */
  private get point(): TracePoint | undefined {
    return this.span ?? this.parent;
  }

  private modelAttributes(operation: string) {
    const { model } = this.document;
    return {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': providerName(model),
      'gen_ai.request.model': requestModel(model),
    };
  }

  private endChat(error: string, attributes: Parameters<OpenSpan['end']>[0], tokens?: InvokeResponse['usage']): void {
    const { chat } = this;
    if (chat === undefined) return;
    this.chat = undefined;
    this.metrics.modelCalled(error, performance.now() - chat.since, tokens);
    chat.span?.end(attributes, error === '' ? undefined : error);
  }
}

/** One call of a tool, until it ends. */
export interface ToolTelemetry {
  /** What goes with it. */
  readonly headers: TraceHeaders | undefined;
  /** @param error type of it; empty if there was none */
  end(error: string): void;
}
