import { Construct, type IConstruct } from 'constructs';
import { Calls, WorkloadDocuments, type AllowedRoles, type CallVerdict, type ToolId } from '../lib/authorization';
import {
  Platform,
  type Workload,
  type ForeignPods,
  type KubernetesObject,
  type Path,
  type PlatformOptions,
  type Protocol,
  type Verdict,
} from '../lib/reachability';
import { principalOf, type Caller } from './caller';
import { workloadOf } from './construct-workload';
import { EvaluatedCaller } from './evaluated-caller';
import { manifestFiles } from './manifest-files';
import { programObjects } from './program-objects';
import type { ToolReference } from './tool-reference';

/** What is evaluated: a program by its app or any construct of it, a directory of manifests, or objects. */
export type Evaluable = IConstruct | string | Iterable<KubernetesObject>;

/** An end of a connection: a construct with pods, other pods, a workload, or an address, a block or a DNS name. */
export type End = IConstruct | ForeignPods | Workload | string;

/** What manifests do not say, and what of them to leave out. */
export interface EvaluationOptions extends PlatformOptions {
  /**
   * Objects to leave out, such as a policy of a kind that is not understood. Answers are then as if they were not there.
   * @default - none
   */
  readonly leaveOut?: (object: KubernetesObject) => boolean;
}

/** What of a program is asked about calls. */
export interface CallOptions {
  /**
   * The one gateway that users call, a construct or `namespace/name`.
   * @default - any of them
   */
  readonly gateway?: IConstruct | string;
}

/** A program or manifests as they were when they were evaluated. */
export class Evaluation {
  /**
   * @throws Error what synthesis throws
   * @throws NotUnderstoodError for what decides over traffic and is not understood
   */
  public static of(what: Evaluable, { leaveOut, ...options }: EvaluationOptions = {}): Evaluation {
    const objects = [...objectsOf(what)].filter((object) => leaveOut?.(object) !== true);
    return new Evaluation(
      objects,
      Platform.fromObjects(objects, options),
      isConstruct(what) ? what.node.root : undefined,
    );
  }

  private read: Calls | undefined;

  private constructor(
    private readonly objects: readonly KubernetesObject[],
    /** The workloads, and who may connect to whom. */
    public readonly platform: Platform,
    private readonly root: IConstruct | undefined,
  ) {}

  /**
   * Who may call which tool, with all tools, roles, gateways and services that documents name.
   *
   * @throws DocumentsError for documents of runtimes that are missing or wrong
   */
  public get calls(): Calls {
    return (this.read ??= Calls.of(this.platform, WorkloadDocuments.read(this.objects, this.platform.workloads)));
  }

  /** Whether one end may connect to another, and why. */
  public canReach(from: End, to: End, port: number, protocol: Protocol = 'TCP'): Verdict {
    return this.platform.canReach(this.endpoint(from), this.endpoint(to), port, protocol);
  }

  /** Everything that an end may connect to. */
  public reachable(from: End): readonly Path[] {
    return this.platform.reachable(this.endpoint(from));
  }

  /** Everything that may connect to an end. */
  public callers(to: End): readonly Path[] {
    return this.platform.callers(this.endpoint(to));
  }

  /**
   * Whether somebody may call a tool, on which ways, and if on none, why not. Of several tools, whether all of them.
   *
   * @throws RangeError for a tool or gateway that is not there
   */
  public canCall(caller: Caller, tool: ToolReference, options: CallOptions = {}): CallVerdict {
    return this.as(caller, options).canCall(tool);
  }

  /** All tools that somebody may call. */
  public toolsFor(caller: Caller, options: CallOptions = {}): ToolId[] {
    return this.as(caller, options).tools;
  }

  /** Which roles may call a tool, each by itself; `*` if every caller may. Of several tools, ask for each. */
  public rolesFor(tool: ToolReference, options: CallOptions = {}): AllowedRoles {
    const [id, ...more] = this.as([]).idsOf(tool);
    if (id === undefined || more.length > 0) throw new RangeError('more than one tool is asked for; ask for each');
    return this.calls.rolesFor(id, this.gatewayName(options));
  }

  /** Somebody who calls tools of this evaluation, for `expect`: nothing is synthesized again. */
  public as(caller: Caller, options: CallOptions = {}): EvaluatedCaller {
    return new EvaluatedCaller(this, principalOf(caller, this.gatewayName(options)));
  }

  /** An end of this evaluation, for `expect`: nothing is synthesized again. */
  public at(end: End): EvaluatedEnd {
    return new EvaluatedEnd(this, end);
  }

  /** The workload of a construct; other ends are what they are. */
  public endpoint(end: End): Exclude<End, IConstruct> {
    if (!isConstruct(end)) return end;
    this.requireOwn(end);
    return workloadOf(this.platform, end);
  }

  /** @throws RangeError for a construct of another program */
  public requireOwn({ node }: IConstruct): void {
    if (this.root === undefined || node.root === this.root) return;
    throw new RangeError(`${node.path} is of another program than what was evaluated`);
  }

  private gatewayName({ gateway }: CallOptions): string | undefined {
    if (!isConstruct(gateway)) return gateway;
    this.requireOwn(gateway);
    const { namespace, name } = workloadOf(this.platform, gateway);
    return `${namespace}/${name}`;
  }
}

/** An end together with the evaluation that it is an end of. */
export class EvaluatedEnd {
  public constructor(
    public readonly evaluation: Evaluation,
    public readonly end: End,
  ) {}
}

export function isConstruct(value: unknown): value is IConstruct {
  return Construct.isConstruct(value);
}

function objectsOf(what: Evaluable): Iterable<KubernetesObject> {
  if (isConstruct(what)) return programObjects(what.node.root);
  return typeof what === 'string' ? manifestFiles(what) : what;
}
