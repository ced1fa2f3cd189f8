import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  agentDocument,
  FEWEST_ANSWER_TOKENS,
  outputSchemaFaults,
  type AgentCardInput,
  type AgentDocumentInput,
  type LoadLimitsInput,
  type ModelPrice as ModelPriceInput,
  type ModelConfigInput,
  type ToolPermission,
  type ToolsetBinding,
} from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { serviceAudienceOf, TRUST_BUNDLE_DIRECTORY } from '../lib/identity/service-identity';
import { PROVIDERS } from '../lib/providers/provider';
import { checkedDeadline } from '../lib/synth/deadline';
import { documentText } from '../lib/synth/document-text';
import { bindTools, type RoleBoundToolset } from '../lib/synth/tool-names';
import { RUNTIME_PORT } from '../lib/workload/names';
import { rangedNumber } from '../lib/workload/ranged-number';
import { AgentCallers, type Caller } from './callers';
import { Connectable } from './connectable';
import { egressProxyFor } from './egress-proxy';
import { loadLimitsOf, type LoadLimits } from './load-limits';
import type { Model } from './model';
import type { PodOptions } from './pod-options';
import type { Prompt } from './prompt';
import { allowedRolesOf } from './allowed-roles';
import type { ApprovalOptions } from './approval-options';
import { approvalsSection, approversOf, markApprovals } from './approvals';
import { argumentRulesOfAgent, rolesOfRules, type ArgumentRule } from './argument-rule';
import { Role } from './role';
import type { IServiceIdentity } from './service-identity';
import type { Sessions } from './sessions';
import type { ITool } from './tool';
import { agentTracing, type AgentTracingOptions } from './tracing';
import { Workload } from './workload';

/** What an agent is able to do, as its A2A card says it. */
export interface AgentSkill {
  /** Name for programs: letters, digits, `_`, `-` and `.`. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** What the agent does with it. */
  readonly description: string;
  /**
   * Words by which it is found.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * Requests that it is good for.
   * @default - none
   */
  readonly examples?: string[];
}

type DeclaredContent = Pick<
  AgentDocumentInput,
  'prompt' | 'model' | 'toolsets' | 'limits' | 'outputSchema' | 'sessions' | 'approvals'
>;

/** Properties of an agent. */
export interface AgentProps extends PodOptions {
  /** What the agent is for and how it should answer. */
  readonly prompt: Prompt;
  /** The model that it uses. */
  readonly model: Model;
  /**
   * What the agent does, for people, models and agents that look for one: in its A2A card, and as the description of
   * the tool where a gateway offers it as one. Those who may invoke it read it.
   * @default - the card says its name alone
   */
  readonly description?: string;
  /**
   * Version of the agent, for its A2A card.
   * @default '1.0.0'
   */
  readonly version?: string;
  /**
   * What it is able to do, for its A2A card.
   * @default - one skill: to answer requests
   */
  readonly skills?: AgentSkill[];
  /**
   * Tools that the model may call; the agent reaches no others.
   * @default - none
   */
  readonly tools?: ITool[];
  /**
   * Where it keeps conversations, which requests with a `sessionId` go on.
   * @default - it keeps none
   */
  readonly sessions?: Sessions;
  /**
   * Calls of tools that wait until a person has approved them. They need `sessions` that outlast a pod.
   * @default - none wait
   */
  readonly approvals?: ApprovalOptions;
  /**
   * Users that may invoke it through gateways: those with one of these roles. Its tools have roles of their own, which
   * hold for whom it is invoked.
   * @default [Role.anyCaller()]
   */
  readonly allowedRoles?: Role[];
  /**
   * Which `input` and `history` it may be given, on whichever path: at most one rule for each role that may invoke it. A
   * role without a rule may give all, and of several roles of a user any is enough. Gateways check them, and so does the
   * agent itself, for whoever invokes it.
   * @default - all
   */
  readonly argumentRules?: ArgumentRule[];
  /**
   * JSON Schema (2020-12) of its answers, of `type: object`. Models are asked for it in the way of their provider, and an
   * answer that does not fit is sent back to the model twice; what then still does not fit ends as `invalid-output`. It
   * is read strictly: each keyword needs the `type` of its values beside it, and unknown keywords and `format` are
   * refused. Patterns are RE2.
   * @default - it answers with text
   */
  readonly outputSchema?: Record<string, any>;
  /**
   * Most calls of the model in one request.
   * @default 8
   */
  readonly maxTurns?: number;
  /**
   * Most calls of tools in one request. The call beyond is not made, and ends the request.
   * @default - no limit
   */
  readonly maxToolCalls?: number;
  /**
   * Most tokens that the model is given in one request, over all turns: 16 or more. No turn begins that is sure to cross
   * it; what the first is given, and what is added after each, is known only afterwards.
   * @default - no limit
   */
  readonly maxInputTokens?: number;
  /**
   * Most tokens that the model answers with in one request, over all turns: 16 or more.
   * @default - no limit
   */
  readonly maxOutputTokens?: number;
  /**
   * Most tokens, in and out, of one request: 16 or more. As `maxInputTokens`.
   * @default - no limit
   */
  readonly maxTotalTokens?: number;
  /**
   * Most money for the tokens of one request, in the currency of the model's `price`, which it needs. As
   * `maxInputTokens`.
   * @default - no limit
   */
  readonly maxCost?: number;
  /**
   * Longest time of one request.
   * @default Duration.minutes(2)
   */
  readonly timeout?: Duration;
  /**
   * How much gateways send to it at once.
   * @default - 64 requests per ready pod, 256 wait for up to 10 seconds
   */
  readonly load?: LoadLimits;
  /**
   * How it records traces, which needs a telemetry collector in the cluster's profile.
   * @default - what its gateways record, and one in a hundred requests of others, if there is a collector
   */
  readonly tracing?: AgentTracingOptions;
}

const USUAL_TIMEOUT = Duration.minutes(2);
/** These stand for a prompt and a model whose fault fails the synthesis anyway. */
const UNKNOWN_PROMPT = '-';
const UNKNOWN_MODEL = { provider: 'scripted' as const, rules: [{ steps: [{ say: '-' }] }] };

/** An agent: a prompt, a model and the tools that it may call, served at `POST /invoke` and by A2A. */
export class Agent extends Connectable implements IServiceIdentity {
  public readonly serviceName: string;
  /** @internal */
  public readonly _caller: Caller;
  /** @internal */
  public readonly _allowedRoles: readonly Role[];
  /** Those, and the ones that its rules tell apart. @internal */
  public readonly _roles: readonly Role[];
  /** @internal */
  public readonly _argumentRules: ToolPermission['argumentRules'];
  /** @internal */
  public readonly _keepsSessions: boolean;
  /** @internal */
  public readonly _approvals: AgentDocumentInput['approvals'];
  /** @internal */
  public readonly _tools: readonly ITool[];
  /** @internal */
  public readonly _workload: Workload;
  /** @internal */
  public readonly _timeoutMs: number;
  /** @internal */
  public readonly _load: LoadLimitsInput;
  /** @internal */
  public readonly _card: AgentCardInput;
  /** @internal */
  public readonly _price?: ModelPriceInput;
  private readonly callers = new AgentCallers();
  private readonly tracing: AgentDocumentInput['tracing'];

  public constructor(scope: Construct, id: string, props: AgentProps) {
    super(scope, id);
    const { tools = [], allowedRoles = [Role.anyCaller()], sessions } = props;
    this._tools = tools;
    this._allowedRoles = allowedRoles;
    this._keepsSessions = sessions !== undefined;
    this._approvals = approvalsSection(this, props);
    this._roles = [...allowedRoles, ...rolesOfRules(props.argumentRules), ...approversOf(props)];
    this._argumentRules = argumentRulesOfAgent(this, allowedRoles, props.argumentRules);
    this._timeoutMs = deadline(this, props.timeout);
    this._load = loadLimitsOf(this, props.load);
    this._price = props.model._priceFor(this);
    const outputSchema = checkedOutputSchema(this, props.outputSchema);
    this._card = cardSection(props);
    const limits = {
      maxTurns: limit(this, 'maxTurns', props.maxTurns),
      maxToolCalls: limit(this, 'maxToolCalls', props.maxToolCalls),
      ...tokenLimits(this, props),
      maxCost: costLimit(this, props),
      timeoutMs: this._timeoutMs,
    };
    const toolsets = deferFault(this, () => bindTools(uses(tools), this.node.path).map(withoutRoles), undefined);
    const model = deferFault(this, () => props.model._configFor(this), UNKNOWN_MODEL);
    const credentials = props.model._credentials;
    const prompt = deferFault(this, () => props.prompt._textFor(this), UNKNOWN_PROMPT);
    if (toolsets !== undefined) deferFault(this, () => checkScript(this, model, toolsets), undefined);
    const content = {
      prompt,
      model,
      toolsets: markApprovals(this, toolsets, props),
      limits,
      outputSchema,
      sessions: sessions?._section(this),
      approvals: this._approvals,
    };
    const apiKeyEnv = PROVIDERS[model.provider].apiKeyEnv;

    this._workload = new Workload(this, podOptionsOf(this, props), {
      runtime: 'agent',
      document: {
        file: agentDocument.file,
        text: () => documentText(agentDocument, this.document(content), this.node.path),
        configMap: `${id}-config`,
        rollsOnChange: true,
      },
      graceMs: () => this._timeoutMs,
      env: apiKeyEnv === undefined ? [] : (credentials?._env(apiKeyEnv) ?? []),
      envFrom: credentials?._envFrom() ?? [],
      volumes: volumesOf(sessions),
      serviceAccountAnnotations: credentials?._serviceAccountAnnotations,
      checksCallers: true,
      proxyFor: egressProxyFor,
    });
    this.tracing = agentTracing(this, this._workload, props.tracing);
    this.serviceName = `${this._workload.id.namespace}/${this._workload.id.name}`;
    const claimIssuers = () => this.callers.claimIssuers;
    this._caller = { name: this.serviceName, subject: this._workload.subject, claimIssuers };
    if (sessions !== undefined) deferFault(this, () => sessions._open(this._workload), undefined);
    for (const tool of tools) deferFault(this, () => this.use(tool), undefined);
    if (model !== UNKNOWN_MODEL) deferFault(this, () => props.model._open(this, this._workload), undefined);
  }

  /**
   * Lets a service outside of the program invoke it, for no user: what the agent does then, it does for itself, with the
   * tools that are granted to it by `toolset.grantUse(agent)`. The network has to let it in too: `connections.allowFrom`.
   *
   * @param service who may
   */
  public grantInvoke(service: IServiceIdentity): void {
    this.callers.admitService(service._caller);
  }

  /** Lets a gateway invoke it for users. @internal */
  public _admitGateway(gateway: Caller): void {
    this.callers.admitGateway(gateway);
  }

  /** Services that a user claim made for it has to name: itself, and those that it calls for the user. @internal */
  public get _claimAudiences(): string[] {
    const toolsets = this._tools.map(({ _workload }) => serviceAudienceOf(_workload.id));
    return [...new Set([serviceAudienceOf(this._workload.id), ...toolsets.sort()])];
  }

  private use(tool: ITool): void {
    this._workload.callService(tool._workload);
    tool._admit(this._caller);
  }

  private document(content: DeclaredContent): AgentDocumentInput {
    return {
      kind: 'Agent',
      version: 1,
      ...this._workload.id,
      listen: { port: RUNTIME_PORT, metricsPort: this._workload.metricsPort },
      identity: {
        audience: serviceAudienceOf(this._workload.id),
        subject: this._workload.subject,
        trustBundleDirectory: TRUST_BUNDLE_DIRECTORY,
        callers: this.callers.render(),
      },
      allowedRoles: allowedRolesOf(this._allowedRoles),
      argumentRules: this._argumentRules,
      card: this._card,
      price: this._price,
      ...content,
      tracing: this.tracing,
      maxBodyBytes: this._workload.maxBodyBytes,
      shutdown: { graceMs: this._timeoutMs },
    };
  }
}

function cardSection({ description, version, skills, outputSchema }: AgentProps): AgentCardInput {
  const outputModes: NonNullable<AgentCardInput>['outputModes'] = outputSchema && ['text/plain', 'application/json'];
  return { description, version, skills: skills?.map(skillSection), outputModes };
}

/** What is wrong with the schema is reported, and then fails the synthesis. */
function checkedOutputSchema(agent: Agent, schema: AgentProps['outputSchema']): AgentDocumentInput['outputSchema'] {
  if (schema === undefined) return undefined;
  const faults = outputSchemaFaults(schema);
  for (const { path, message } of faults) {
    const remedy = 'Correct the schema; docs/agents.md says what it may have';
    reportFault(
      agent,
      new SynthError('OUTPUT_SCHEMA_INVALID', agent, { message: `${path.slice(2)} ${message}`, remedy }),
    );
  }
  return faults.length === 0 ? (schema as AgentDocumentInput['outputSchema']) : undefined;
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

/** Toolsets check roles themselves, and limits are for gateways; an agent has no use for them. */
function withoutRoles({ tools, limits: _limits, ...toolset }: RoleBoundToolset): ToolsetBinding {
  return { ...toolset, tools: tools.map(({ name, as }) => ({ name, as })) };
}

function skillSection({ id, name, description, tags, examples }: AgentSkill) {
  return { id, name, description, tags, examples };
}

const volumesOf = (sessions: Sessions | undefined) => sessions?._volumes;

function podOptionsOf(agent: Agent, props: AgentProps): PodOptions {
  return props.sessions?._podOptions(agent, props) ?? props;
}

const uses = (tools: readonly ITool[]) => tools.map((tool) => tool._use());

function deadline(agent: Agent, timeout: Duration = USUAL_TIMEOUT): number {
  const usual = USUAL_TIMEOUT.toMilliseconds();
  return deferFault(agent, () => checkedDeadline('timeout', timeout.toMilliseconds(), agent.node.path), usual);
}

function tokenLimits(agent: Agent, { maxInputTokens, maxOutputTokens, maxTotalTokens }: AgentProps) {
  const range = { least: FEWEST_ANSWER_TOKENS, most: 1_000_000_000_000, whole: true };
  return {
    maxInputTokens: rangedNumber(agent, 'maxInputTokens', maxInputTokens, range),
    maxOutputTokens: rangedNumber(agent, 'maxOutputTokens', maxOutputTokens, range),
    maxTotalTokens: rangedNumber(agent, 'maxTotalTokens', maxTotalTokens, range),
  };
}

/** A limit of money counts by the price of the model. */
function costLimit(agent: Agent, { maxCost, model }: AgentProps): number | undefined {
  const limit = rangedNumber(agent, 'maxCost', maxCost, { least: 0.000_001, most: 1_000_000_000 });
  if (limit === undefined || model._hasPrice) return limit;
  const fault = { message: 'it has a maxCost, and its model has no price', remedy: 'Give the model its `price`' };
  reportFault(agent, new SynthError('PRICE_MISSING', agent, fault));
  return undefined;
}

function limit(agent: Agent, prop: string, given: number | undefined): number | undefined {
  if (given === undefined || (Number.isInteger(given) && given >= 1)) return given;
  const fault = { message: `${prop} is ${given}`, remedy: 'Give a whole number of 1 or more' };
  reportFault(agent, new SynthError('LIMIT_INVALID', agent, fault));
  return undefined;
}
