import type { Histogram, Metrics } from '@agentyard/runtime-kit';
import type { AgentDocument } from 'agentyard/contract';
import type { ToolAddress } from '../tool-catalog.js';
import type { TokenUsage } from '../token-usage.js';
import { providerName, requestModel } from './model-names.js';

/** Upper bounds of the buckets of tokens, as the semantic conventions for GenAI advise them. */
const TOKEN_BOUNDS = Array.from({ length: 14 }, (_, i) => 4 ** i);

/**
 * How long an agent's requests, its model and its tools take, how they end, and how many tokens that takes. The series are
 * those of the document: no label has a value that a caller, a model or a tool could invent.
 */
export class AgentMetrics {
  private readonly runs: Histogram;
  private readonly model: Histogram;
  private readonly tokens: Histogram;
  private readonly tools: Histogram;
  private readonly modelLabels: readonly string[];

  public constructor(metrics: Metrics, { model }: Pick<AgentDocument, 'model'>) {
    this.modelLabels = ['chat', providerName(model), requestModel(model)];
    const ofModel = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'];
    this.runs = metrics.addHistogram(
      'agentyard_run_duration_seconds',
      'How long an agent took for what it was asked, and why it ended',
      ['stop_reason'],
    );
    this.model = metrics.addHistogram(
      'gen_ai_client_operation_duration_seconds',
      'How long the model took for a turn, retries included',
      [...ofModel, 'error_type'],
    );
    this.tokens = metrics.addHistogram(
      'gen_ai_client_token_usage',
      'Tokens of a turn, as the provider says',
      [...ofModel, 'gen_ai_token_type'],
      TOKEN_BOUNDS,
    );
    this.tools = metrics.addHistogram('mcp_client_operation_duration_seconds', 'How long calls of tools took', [
      'mcp_method_name',
      'gen_ai_tool_name',
      'callee',
      'error_type',
    ]);
  }

  /** @param stopReason of the answer, code of the problem, or `aborted` */
  public ran(stopReason: string, durationMs: number): void {
    this.runs.of(stopReason).observe(durationMs / 1_000);
  }

  /** @param error type of it; empty if there was none */
  public modelCalled(error: string, durationMs: number, usage?: TokenUsage): void {
    this.model.of(...this.modelLabels, error).observe(durationMs / 1_000);
    if (usage === undefined) return;
    this.tokens.of(...this.modelLabels, 'input').observe(usage.inputTokens);
    this.tokens.of(...this.modelLabels, 'output').observe(usage.outputTokens);
  }

  /** @param error type of it; empty if there was none */
  public toolCalled({ toolset, tool }: ToolAddress, error: string, durationMs: number): void {
    this.tools.of('tools/call', tool, `toolset/${toolset}`, error).observe(durationMs / 1_000);
  }
}
