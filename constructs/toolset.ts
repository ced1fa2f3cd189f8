import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { toolsetDocument, type LoadLimitsInput, type ToolPermission, type ToolsetDocumentInput } from '../lib/contract';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { serviceAudienceOf, serviceTokenFor, TRUST_BUNDLE_DIRECTORY } from '../lib/identity/service-identity';
import { checkedDeadline, queuedDeadline } from '../lib/synth/deadline';
import { documentText } from '../lib/synth/document-text';
import { checkSandboxMemory } from '../lib/synth/sandbox-memory';
import type { ToolUse } from '../lib/synth/tool-names';
import { RUNTIME_PORT, serviceHost } from '../lib/workload/names';
import { memoryLimitBytes, sizeInBytes } from '../lib/workload/resources';
import { memoryOfVolumes, type MountedVolume } from '../lib/workload/volumes';
import { CA_VARIABLE } from './ca-bundle';
import { ToolsetCallers, type Caller } from './callers';
import { Connectable } from './connectable';
import type { DataSource } from './data-source';
import { egressProxyFor } from './egress-proxy';
import { Isolation } from './isolation';
import type { PodOptions } from './pod-options';
import { allowedRolesOf } from './allowed-roles';
import { argumentRulesOf, rolesOfRules, type ArgumentRule } from './argument-rule';
import { loadLimitsOf, type LoadLimits } from './load-limits';
import type { Role } from './role';
import type { IServiceIdentity } from './service-identity';
import type { ITool } from './tool';
import type { ToolSource } from './tool-source';
import { toolsetCode } from './toolset-code';
import { Workload } from './workload';

const TOOLS_DIRECTORY = '/opt/agentyard/tools';
const SCRATCH_DIRECTORY = '/tmp';
const DATA_DIRECTORY = '/data';
const SCRATCH_SIZE = Size.mebibytes(64);
const USUAL_TIMEOUT = Duration.seconds(30);

/** Properties of a toolset. */
export interface ToolsetProps extends PodOptions {
  /** The tools' declarations and code. */
  readonly source: ToolSource;
  /**
   * Users for whom its tools may be called, directly and through agents: those with one of these roles, all of them with
   * `Role.anyCaller()`, nobody with an empty list.
   */
  readonly allowedRoles: Role[];
  /**
   * Users for whom single tools may be called, by the tool's name, in place of `allowedRoles`.
   * @default - all tools as `allowedRoles` says
   */
  readonly toolRoles?: Record<string, Role[]>;
  /**
   * Which arguments may be given to single tools, by the tool's name: at most one rule for each role that may call it. A
   * role without a rule may give all of them, and of several roles of a user any is enough. Gateways check them, and so
   * does the toolset itself, for whoever calls.
   * @default - all arguments that fit the tool's input schema
   */
  readonly argumentRules?: Record<string, ArgumentRule[]>;
  /**
   * Data that the tools may read.
   * @default - none
   */
  readonly data?: DataSource[];
  /**
   * Longest time of one call.
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;
  /**
   * Memory of one call, or of the server that has the tools, over all of its processes.
   * @default Size.mebibytes(128)
   */
  readonly memoryLimit?: Size;
  /**
   * Result plus standard output and error of one call; of a server's tools the result.
   * @default Size.mebibytes(1)
   */
  readonly outputLimit?: Size;
  /**
   * Whether tools may start processes.
   * @default false
   */
  readonly allowSubprocesses?: boolean;
  /**
   * What keeps the code of tools from the node.
   * @default Isolation.standard()
   */
  readonly isolation?: Isolation;
  /**
   * Whether the code of the tools is not trusted: written by others or by models, or unread. Synthesis fails without
   * `Isolation.runtimeClass`.
   * @default false
   */
  readonly untrusted?: boolean;
  /**
   * Processes of one call, or of the server that has the tools, the first one included.
   * @default 16
   */
  readonly maxProcesses?: number;
  /**
   * Calls that a pod runs at once. All of them at their memory limit must fit into 70% of the container's.
   * @default 2
   */
  readonly maxConcurrency?: number;
  /**
   * Processes that have loaded a tool's code and wait, halted, for one call each, so that a call need not wait for the
   * start of one. Code beside functions runs when it is loaded, up to a minute before the call. With calls that run they are
   * never more than `maxConcurrency`. None wait with `allowSubprocesses`.
   * @default 1
   */
  readonly warmProcesses?: number;
  /**
   * Calls that wait in a pod; one more is refused.
   * @default 16
   */
  readonly maxQueue?: number;
  /**
   * How much gateways send to it at once.
   * @default - per ready pod twice `maxConcurrency`, and no more than the pod takes; 256 calls wait for up to 10 seconds
   */
  readonly load?: LoadLimits;
  /**
   * Names of the pod's environment variables that tools see; they see no others.
   * @default - none
   */
  readonly toolEnvironment?: string[];
}

/** A set of tools that run in a sandbox of their own and are served over MCP. */
export class Toolset extends Connectable implements ITool {
  public readonly toolNames: string[];
  /** @internal */
  public readonly _workload: Workload;
  /** @internal */
  public readonly _roles: ReadonlyMap<string, readonly Role[]>;
  private readonly callingRoles: ReadonlyMap<string, readonly Role[]>;
  private readonly argumentRules: ReadonlyMap<string, ToolPermission['argumentRules']>;
  private readonly callers = new ToolsetCallers();
  private readonly timeoutMs: number;
  private readonly load: LoadLimitsInput;
  private readonly isolation: Isolation;

  public constructor(scope: Construct, id: string, props: ToolsetProps) {
    super(scope, id);
    this.toolNames = props.source._bundle.tools.map((tool) => tool.name);
    this.callingRoles = this.rolesOf(props);
    this.argumentRules = this.rulesOf(props);
    this._roles = new Map(
      [...this.callingRoles].map(([name, roles]) => [name, [...roles, ...rolesOfRules(props.argumentRules?.[name])]]),
    );
    this.timeoutMs = deadline(this, props.timeout);
    const data = distinctData(this, props.data ?? []);
    const limits = this.limits(props);
    this.load = loadLimitsOf(this, props.load, callsPerPod(limits));
    this.checkMemory(props, limits);
    this.isolation = this.isolationOf(props);

    const code = toolsetCode(this, props, TOOLS_DIRECTORY);
    this._workload = new Workload(this, props, {
      runtime: 'sandbox',
      document: {
        file: toolsetDocument.file,
        text: () => documentText(toolsetDocument, this.document(props, data, limits), this.node.path),
        configMap: `${id}-config`,
        rollsOnChange: true,
      },
      graceMs: () => queuedDeadline(this.timeoutMs),
      volumes: [...code.volumes, ...volumes(data)],
      initContainers: code.initContainers,
      mountedFiles: props.source._bundle.modules,
      checksCallers: true,
      proxyFor: egressProxyFor,
      runtimeClassName: this.isolation._runtimeClassName,
    });
    for (const { name, data } of code.configMaps) this._workload.addConfigMap(name, data);
  }

  /**
   * One tool of this toolset. Throws TOOL_UNKNOWN for a tool that its manifest does not declare.
   *
   * @param name name of the tool
   */
  public tool(name: string): ITool {
    this.require(name);
    return {
      toolNames: [name],
      _workload: this._workload,
      _use: () => this.use([name]),
      _admit: (caller) => this.callers.admit(caller, [name]),
      _roles: new Map([[name, this._roles.get(name) ?? []]]),
    };
  }

  /**
   * Lets a service call tools for itself, without a user: an agent that is invoked by a schedule or another service, or a
   * service outside of the program. The network has to let it in too: agents by `tools`, others by `connections.allowFrom`.
   *
   * @param service who may
   * @param tools names of the tools; all of them if absent
   */
  public grantUse(service: IServiceIdentity, tools?: string[]): void {
    deferFault(this, () => tools?.forEach((name) => this.require(name)), undefined);
    const known = (tools ?? this.toolNames).filter((name) => this.toolNames.includes(name));
    this.callers.admitForItself(service._caller, known);
  }

  /** @internal */
  public _use(): ToolUse {
    return this.use(this.toolNames);
  }

  /** @internal */
  public _admit(caller: Caller): void {
    this.callers.admit(caller, this.toolNames);
  }

  private require(name: string): void {
    if (this.toolNames.includes(name)) return;
    throw new SynthError('TOOL_UNKNOWN', this, {
      message: `there is no tool "${name}", declared are ${this.toolNames.join(', ')}`,
      remedy: 'Use one of these, or declare it in toolset.manifest.json',
    });
  }

  private rolesOf({ allowedRoles, toolRoles = {} }: ToolsetProps): ReadonlyMap<string, readonly Role[]> {
    for (const name of Object.keys(toolRoles)) deferFault(this, () => this.require(name), undefined);
    return new Map(
      this.toolNames.map((name) => [
        name,
        (Object.hasOwn(toolRoles, name) ? toolRoles[name] : undefined) ?? allowedRoles,
      ]),
    );
  }

  private rulesOf({ argumentRules = {} }: ToolsetProps): ReadonlyMap<string, ToolPermission['argumentRules']> {
    for (const name of Object.keys(argumentRules)) deferFault(this, () => this.require(name), undefined);
    const named = this.toolNames.filter((name) => Object.hasOwn(argumentRules, name));
    return new Map(
      named.map((name) => [name, argumentRulesOf(this, name, this.callingRoles.get(name) ?? [], argumentRules[name])]),
    );
  }

  private use(tools: readonly string[]): ToolUse {
    return {
      toolset: this.node.id,
      host: serviceHost(this._workload.id),
      port: RUNTIME_PORT,
      timeoutMs: queuedDeadline(this.timeoutMs),
      tools,
      serviceToken: serviceTokenFor(this._workload.id),
      limits: this.load,
      permissions: Object.fromEntries(this.toolNames.map((name) => [name, this.permission(name)])),
    };
  }

  private permission(tool: string): ToolPermission {
    return {
      allowedRoles: allowedRolesOf(this.callingRoles.get(tool) ?? []),
      argumentRules: this.argumentRules.get(tool),
    };
  }

  private limits(props: ToolsetProps) {
    return {
      timeoutMs: this.timeoutMs,
      memoryBytes: sizeInBytes(props.memoryLimit ?? Size.mebibytes(128)),
      outputBytes: sizeInBytes(props.outputLimit ?? Size.mebibytes(1)),
      maxProcesses: props.maxProcesses,
      maxConcurrency: props.maxConcurrency ?? 2,
      warmProcesses: props.warmProcesses ?? 1,
      maxQueue: props.maxQueue ?? 16,
    };
  }

  private isolationOf({ isolation = Isolation.standard(), untrusted = false }: ToolsetProps): Isolation {
    if (!untrusted || isolation._runtimeClassName !== undefined) return isolation;
    const fault = {
      message: 'its code is declared `untrusted`, and runs on the kernel of the node',
      remedy: "Give it a kernel of its own, `isolation: Isolation.runtimeClass('gvisor')`, or leave `untrusted` out",
    };
    reportFault(this, new SynthError('CODE_UNTRUSTED', this, fault));
    return isolation;
  }

  private checkMemory(props: ToolsetProps, { memoryBytes, maxConcurrency }: ReturnType<Toolset['limits']>): void {
    const sources = [
      ...(props.data ?? []).map(({ _source }) => _source),
      ...(props.volumes ?? []).map((v) => v.source),
    ];
    const memory = {
      callBytes: memoryBytes,
      // One process serves all calls at once.
      maxConcurrency: props.source._server === undefined ? maxConcurrency : 1,
      volumeBytes: sizeInBytes(SCRATCH_SIZE) + memoryOfVolumes(sources.map(({ _spec }) => _spec)),
      containerBytes: memoryLimitBytes('sandbox', props.resources),
    };
    deferFault(this, () => checkSandboxMemory(memory, this.node.path), undefined);
  }

  /** Tools trust the authorities that the runtime trusts, and go through its proxy. */
  private toolEnvironment(own: readonly string[] = []): string[] {
    const { names, profile } = this._workload;
    const authorities = profile._options.extraCaBundle === undefined ? [] : [CA_VARIABLE];
    return [...new Set([...own, ...authorities, ...Object.keys(names.environment([]))])];
  }

  private document(
    props: ToolsetProps,
    data: readonly DataSource[],
    limits: ToolsetDocumentInput['limits'],
  ): ToolsetDocumentInput {
    return {
      kind: 'Toolset',
      version: 1,
      ...this._workload.id,
      listen: { port: RUNTIME_PORT, metricsPort: this._workload.metricsPort },
      identity: {
        audience: serviceAudienceOf(this._workload.id),
        trustBundleDirectory: TRUST_BUNDLE_DIRECTORY,
        callers: this.callers.render(),
      },
      toolsDirectory: props.source._server === undefined ? TOOLS_DIRECTORY : undefined,
      server: props.source._server && { command: [...props.source._server.command] },
      scratchDirectory: SCRATCH_DIRECTORY,
      tools: props.source._bundle.tools.map((tool) => ({
        ...tool,
        ...this.permission(tool.name),
      })),
      data: data.map(({ name }) => ({ name, path: `${DATA_DIRECTORY}/${name}` })),
      environment: this.toolEnvironment(props.toolEnvironment),
      subprocesses: props.allowSubprocesses,
      isolation: {
        network: this._workload.connectsOut,
        // A server of the image is started as it is.
        requiredLayers: props.source._server === undefined ? [...this.isolation._requiredLayers] : [],
      },
      limits,
      maxBodyBytes: this._workload.maxBodyBytes,
      shutdown: { graceMs: queuedDeadline(this.timeoutMs) },
    };
  }
}

/** A full run may wait in a pod, as its deadline has it; what the pod would refuse is not sent to it. */
function callsPerPod({ maxConcurrency, maxQueue }: { maxConcurrency: number; maxQueue: number }): number {
  return maxConcurrency + Math.min(maxConcurrency, maxQueue);
}

function deadline(toolset: Toolset, timeout: Duration = USUAL_TIMEOUT): number {
  const usual = USUAL_TIMEOUT.toMilliseconds();
  return deferFault(toolset, () => checkedDeadline('timeout', timeout.toMilliseconds(), toolset.node.path), usual);
}

/** Each data source under a name of its own; one with a name that is taken is a fault. */
function distinctData(toolset: Toolset, data: readonly DataSource[]): DataSource[] {
  return data.filter(({ name }, i) => {
    if (data.findIndex((other) => other.name === name) === i) return true;
    const fault = { message: `two data sources are called "${name}"`, remedy: 'Rename one of them' };
    reportFault(toolset, new SynthError('DATA_SOURCE_DUPLICATE', toolset, fault));
    return false;
  });
}

function volumes(data: readonly DataSource[]): MountedVolume[] {
  return [
    {
      name: 'scratch',
      mountPath: SCRATCH_DIRECTORY,
      readOnly: false,
      source: { emptyDir: { medium: 'Memory', sizeLimit: SCRATCH_SIZE.asString() } },
    },
    ...data.map(({ name, _source }) => ({
      name: `data-${name}`,
      mountPath: `${DATA_DIRECTORY}/${name}`,
      readOnly: true,
      source: _source._spec,
    })),
  ];
}
