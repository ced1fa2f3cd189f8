import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { agentDocument, type AgentDocumentInput, type ModelConfigInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { warn } from '../lib/errors/warning';
import { modelEndpoint, PROVIDERS } from '../lib/providers/provider';
import { checkedDeadline } from '../lib/synth/deadline';
import { documentText } from '../lib/synth/document-text';
import { bindTools } from '../lib/synth/tool-names';
import { RUNTIME_PORT } from '../lib/workload/names';
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

/** An agent: a prompt, a model and the tools that it may call, served at `POST /invoke`. */
export class Agent extends Construct {
  /** @internal */
  public readonly _workload: Workload;
  /** @internal */
  public readonly _timeoutMs: number;

  public constructor(scope: Construct, id: string, props: AgentProps) {
    super(scope, id);
    this._timeoutMs = checkedDeadline(
      'timeout',
      (props.timeout ?? Duration.minutes(2)).toMilliseconds(),
      this.node.path,
    );
    checkLimit(this, 'maxTurns', props.maxTurns);
    checkLimit(this, 'maxTotalTokens', props.maxTotalTokens);
    const toolsets = bindTools(
      (props.tools ?? []).map((tool) => tool._use()),
      this.node.path,
    );
    const model = props.model._configFor(this);
    const credentials = props.model._credentials;
    const prompt = props.prompt._textFor(this);
    checkScript(this, model, toolsets);
    const apiKeyEnv = PROVIDERS[model.provider].apiKeyEnv;

    this._workload = new Workload(this, props, {
      runtime: 'agent',
      documentFile: agentDocument.file,
      document: () => documentText(agentDocument, this.document(props, { prompt, model, toolsets }), this.node.path),
      documentConfigMap: `${id}-config`,
      rollsOnChange: true,
      graceMs: () => this._timeoutMs,
      resolvesNames: modelEndpoint(model) !== undefined,
      env: apiKeyEnv === undefined ? [] : (credentials?._env(apiKeyEnv) ?? []),
      envFrom: credentials?._envFrom() ?? [],
    });
    for (const tool of props.tools ?? []) this._workload.connectTo(tool._workload);
    this.warnOfClosedEgress(model);
  }

  private document(
    props: AgentProps,
    content: Pick<AgentDocumentInput, 'prompt' | 'model' | 'toolsets'>,
  ): AgentDocumentInput {
    return {
      kind: 'Agent',
      version: 1,
      ...this._workload.id,
      listen: { port: RUNTIME_PORT },
      ...content,
      limits: { maxTurns: props.maxTurns, maxTotalTokens: props.maxTotalTokens, timeoutMs: this._timeoutMs },
      maxBodyBytes: this._workload.maxBodyBytes,
      shutdown: { graceMs: this._timeoutMs },
    };
  }

  private warnOfClosedEgress(model: ModelConfigInput): void {
    const endpoint = modelEndpoint(model);
    if (endpoint === undefined) return;
    warn(this, 'EGRESS_NOT_OPENED', {
      message: `the NetworkPolicy opens no way to ${endpoint.host}:${endpoint.port}, which the model needs`,
      remedy: 'Add a policy of your cluster’s own kind that allows this host, and DNS, for these pods',
    });
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

function checkLimit(agent: Agent, prop: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return;
  throw new SynthError('LIMIT_INVALID', agent, {
    message: `${prop} is ${value}`,
    remedy: 'Give a whole number of 1 or more',
  });
}
