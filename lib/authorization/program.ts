import type { AgentDocument, GatewayDocument, ToolsetDocument } from '../contract';
import { Workload, type Endpoint, type NamedWorkload, type Platform, type Verdict } from '../reachability';
import { isHostName } from '../reachability/host-pattern';
import { subjectOf } from './service-subject';
import type { WorkloadDocument, WorkloadDocuments } from './workload-documents';

/** A part of a program that calls or is called: its document, and the workload that is told it. */
interface Member<Document> {
  /** `namespace/name`. */
  readonly name: string;
  /** How answers call it: `agent agents/support`. */
  readonly title: string;
  /** `sub` of the tokens that it shows. */
  readonly subject: string;
  readonly workload: Workload;
  readonly document: Document;
}

export type Gateway = Member<GatewayDocument>;
export type Agent = Member<AgentDocument>;
export type Toolset = Member<ToolsetDocument>;
export type AgentBinding = GatewayDocument['agents'][number];
export type ToolsetBinding = AgentDocument['toolsets'][number];
/** How a gateway or an agent calls a toolset. */
export type BindingOf<M extends Gateway | Agent> = M['document']['toolsets'][number];

/** A tool, and the toolset that serves it. */
export interface Target {
  readonly toolset: Toolset;
  readonly tool: string;
}

type Runtime = Exclude<WorkloadDocument['runtime'], 'egress-proxy'>;
type DocumentOf<R extends Runtime> = Extract<WorkloadDocument, { runtime: R }>['document'];

/** How a service is called. */
export type Binding = Pick<ToolsetBinding, 'host' | 'port' | 'serviceToken'>;

/** The gateways, agents and toolsets of a program, and who of them leads to whom. */
export class Program {
  public readonly gateways: readonly Gateway[];
  public readonly agents: readonly Agent[];
  public readonly toolsets: readonly Toolset[];
  private readonly verdicts = new Map<string, Verdict>();
  private readonly targets = new WeakMap<Binding, readonly NamedWorkload[]>();
  private readonly about = new WeakMap<Gateway | Agent, Map<Agent | Toolset, readonly Binding[]>>();
  private readonly foreign = new Map<Gateway, readonly AgentBinding[]>();
  private readonly having = new Map<string, readonly Agent[]>();
  private readonly holders = new Map<string, Workload[]>();

  public constructor(
    public readonly platform: Platform,
    private readonly documents: WorkloadDocuments,
  ) {
    this.gateways = this.membersOf('gateway', 'gateway');
    this.agents = this.membersOf('agent', 'agent');
    this.toolsets = this.membersOf('sandbox', 'toolset');
    for (const workload of platform.workloads) {
      const subject = subjectOf(workload);
      this.holders.set(subject, [...(this.holders.get(subject) ?? []), workload]);
    }
  }

  /** Whether pods may connect to where a member serves, and why. */
  public connection(from: Endpoint, { workload, document }: Agent | Toolset): Verdict {
    const key = `${from instanceof Workload ? from.title : JSON.stringify(from)} ${workload.title}`;
    const verdict = this.verdicts.get(key) ?? this.platform.canReach(from, workload, document.listen.port);
    this.verdicts.set(key, verdict);
    return verdict;
  }

  /**
   * Whether a binding of a member leads to where another one serves. If it leads to no workload, its Service may have been
   * left out; then who it is meant for tells.
   */
  public leadsTo(from: Gateway | Agent, binding: Binding, { workload, document }: Agent | Toolset): boolean {
    const targets = this.targetsOf(from, binding);
    if (targets.length === 0) return binding.serviceToken.audience === document.identity.audience;
    return targets.some((target) => target.workload === workload && target.ports.includes(document.listen.port));
  }

  /** How a member calls a tool: each of its bindings to the toolset that have this tool. */
  public bindingsTo<M extends Gateway | Agent>(from: M, { toolset, tool }: Target): BindingOf<M>[] {
    const all: readonly BindingOf<M>[] = from.document.toolsets;
    return this.bindingsAbout(from, all, toolset).filter(({ tools }) => tools.some(({ name }) => name === tool));
  }

  /** How a gateway calls an agent: by each name under which it knows it. */
  public invocationsOf(from: Gateway, agent: Agent): readonly AgentBinding[] {
    return this.bindingsAbout(from, from.document.agents, agent);
  }

  /** How a gateway calls agents that are not of the program: bindings that lead to none of those. */
  public foreignInvocationsOf(from: Gateway): readonly AgentBinding[] {
    const leadsNowhere = (one: AgentBinding) => !this.agents.some((agent) => this.leadsTo(from, one, agent));
    const found =
      this.foreign.get(from) ?? from.document.agents.filter((one) => isHostName(one.host) && leadsNowhere(one));
    this.foreign.set(from, found);
    return found;
  }

  /** The agents that have a tool. */
  public agentsWith(target: Target): readonly Agent[] {
    const key = `${target.toolset.title} ${target.tool}`;
    const agents = this.having.get(key) ?? this.agents.filter((agent) => this.bindingsTo(agent, target).length > 0);
    this.having.set(key, agents);
    return agents;
  }

  /** The workloads of the program that a binding of a member leads to, and the ports there. */
  public targetsOf({ workload: from }: Gateway | Agent, binding: Binding): readonly NamedWorkload[] {
    const targets = this.targets.get(binding) ?? this.platform.namedWorkloads(from, binding.host, binding.port);
    this.targets.set(binding, targets);
    return targets;
  }

  /** The workloads whose pods show tokens with a `sub`. */
  public holdersOf(subject: string): readonly Workload[] {
    return this.holders.get(subject) ?? [];
  }

  /** Whether a gateway or agent of ours runs in a workload. */
  public isRuntime(workload: Workload): boolean {
    const runtime = this.documents.of(workload)?.runtime;
    return runtime === 'gateway' || runtime === 'agent';
  }

  /** Those of some bindings that lead to another member, or whose token is for it. */
  private bindingsAbout<B extends Binding>(
    from: Gateway | Agent,
    all: readonly B[],
    to: Agent | Toolset,
  ): readonly B[] {
    const known = this.about.get(from) ?? new Map<Agent | Toolset, readonly Binding[]>();
    this.about.set(from, known);
    const { audience } = to.document.identity;
    const isAbout = (one: B) => one.serviceToken.audience === audience || this.leadsTo(from, one, to);
    const found = known.get(to) ?? all.filter(isAbout);
    known.set(to, found);
    return found as readonly B[];
  }

  private membersOf<R extends Runtime>(runtime: R, noun: string): Member<DocumentOf<R>>[] {
    return this.platform.workloads.flatMap((workload) => {
      const told = this.documents.of(workload);
      if (told?.runtime !== runtime) return [];
      const name = `${workload.namespace}/${workload.name}`;
      const document = told.document as DocumentOf<R>;
      return [{ name, title: `${noun} ${name}`, subject: subjectOf(workload), workload, document }];
    });
  }
}
