import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { agentDocument, type AgentDocumentInput, type ModelConfigInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { PROVIDERS } from '../lib/providers/provider';
import { checkedDeadline } from '../lib/synth/deadline';
import { documentText } from '../lib/synth/document-text';
import { bindTools } from '../lib/synth/tool-names';
import { RUNTIME_PORT } from '../lib/workload/names';
import { Connectable } from './connectable';
import { egressProxyFor } from './egress-proxy';
import type { Model } from './model';
import type { PodOptions } from './pod-options';
import type { Prompt } from './prompt';
import type { ITool } from './tool';
import { Workload } from './workload';

/** Properties of an agent. */
export interface AgentProps extends PodOptions {
  /** What the agent is for and how it should answer. */
  readonly prompt: Prompt;
  /** The model that it uses. */
  readonly model: Model;
  /**
   * Tools that the model may call; the agent reaches no others.
   * @default - none
   */
  readonly tools?: ITool[];
  /**
   * Most calls of the model in one request.
   * @default 8
   */
  readonly maxTurns?: number;
  /**
   * Most tokens, in and out, of one request; checked after every turn.
   * @default - no limit
   */
  readonly maxTotalTokens?: number;
  /**
   * Longest time of one request.
   * @default Duration.minutes(2)
   */
  readonly timeout?: Duration;
}

const USUAL_TIMEOUT = Duration.minutes(2);
/** These stand for a prompt and a model whose fault fails the synthesis anyway. */
const UNKNOWN_PROMPT = '-';
const UNKNOWN_MODEL = { provider: 'scripted' as const, rules: [{ steps: [{ say: '-' }] }] };

/** An agent: a prompt, a model and the tools that it may call, served at `POST /invoke`. */
export class Agent extends Connectable {
  /** @internal */
  public readonly _workload: Workload;
  /** @internal */
  public readonly _timeoutMs: number;

  public constructor(scope: Construct, id: string, props: AgentProps) {
    super(scope, id);
    this._timeoutMs = deadline(this, props.timeout);
    const limits = {
      maxTurns: limit(this, 'maxTurns', props.maxTurns),
      maxTotalTokens: limit(this, 'maxTotalTokens', props.maxTotalTokens),
      timeoutMs: this._timeoutMs,
    };
    const toolsets = deferFault(this, () => bindTools(uses(props.tools ?? []), this.node.path), undefined);
    const model = deferFault(this, () => props.model._configFor(this), UNKNOWN_MODEL);
    const credentials = props.model._credentials;
    const prompt = deferFault(this, () => props.prompt._textFor(this), UNKNOWN_PROMPT);
    if (toolsets !== undefined) deferFault(this, () => checkScript(this, model, toolsets), undefined);
    const content = { prompt, model, toolsets: toolsets ?? [], limits };
    const apiKeyEnv = PROVIDERS[model.provider].apiKeyEnv;

    this._workload = new Workload(this, props, {
      runtime: 'agent',
      documentFile: agentDocument.file,
      document: () => documentText(agentDocument, this.document(content), this.node.path),
      documentConfigMap: `${id}-config`,
      rollsOnChange: true,
      graceMs: () => this._timeoutMs,
      env: apiKeyEnv === undefined ? [] : (credentials?._env(apiKeyEnv) ?? []),
      envFrom: credentials?._envFrom() ?? [],
      serviceAccountAnnotations: credentials?._serviceAccountAnnotations,
      proxyFor: egressProxyFor,
    });
    for (const tool of props.tools ?? []) {
      deferFault(this, () => this._workload.connectTo(tool._workload), undefined);
    }
    if (model !== UNKNOWN_MODEL) deferFault(this, () => props.model._open(this, this._workload), undefined);
  }

  private document(content: Pick<AgentDocumentInput, 'prompt' | 'model' | 'toolsets' | 'limits'>): AgentDocumentInput {
    return {
      kind: 'Agent',
      version: 1,
      ...this._workload.id,
      listen: { port: RUNTIME_PORT, metricsPort: this._workload.metricsPort },
      ...content,
      maxBodyBytes: this._workload.maxBodyBytes,
      shutdown: { graceMs: this._timeoutMs },
    };
  }
}

/** A script may ask only for tools that the agent has, under the names that it has them by. */
function checkScript(agent: Agent, model: ModelConfigInput, toolsets: AgentDocumentInput['toolsets']): void {
  if (model.provider !== 'scripted') return;
  const offered = toolsets.flatMap(({ tools }) => tools.map(({ as }) => as));
  const called = model.rules.flatMap(({ steps }) => steps.flatMap((step) => ('calls' in step ? step.calls : [])));
  const missing = called.find(({ tool }) => !offered.includes(tool));
  if (missing === undefined) return;
  throw new SynthError('TOOL_UNKNOWN', agent, {
    message: `its script calls "${missing.tool}", its tools are ${offered.join(', ') || 'none'}`,
    remedy: 'Give the agent this tool, or call another',
  });
}

const uses = (tools: readonly ITool[]) => tools.map((tool) => tool._use());

function deadline(agent: Agent, timeout: Duration = USUAL_TIMEOUT): number {
  const usual = USUAL_TIMEOUT.toMilliseconds();
  return deferFault(agent, () => checkedDeadline('timeout', timeout.toMilliseconds(), agent.node.path), usual);
}

function limit(agent: Agent, prop: string, given: number | undefined): number | undefined {
  if (given === undefined || (Number.isInteger(given) && given >= 1)) return given;
  const fault = { message: `${prop} is ${given}`, remedy: 'Give a whole number of 1 or more' };
  reportFault(agent, new SynthError('LIMIT_INVALID', agent, fault));
  return undefined;
}
