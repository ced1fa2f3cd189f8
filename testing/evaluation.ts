import { Construct, type IConstruct } from 'constructs';
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
import { workloadOf } from './construct-workload';
import { manifestFiles } from './manifest-files';
import { programObjects } from './program-objects';

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

/** A program or manifests as they were when they were evaluated. */
export class Evaluation {
  /**
   * @throws Error what synthesis throws
   * @throws NotUnderstoodError for what decides over traffic and is not understood
   */
  public static of(what: Evaluable, { leaveOut, ...options }: EvaluationOptions = {}): Evaluation {
    const objects = [...objectsOf(what)].filter((object) => leaveOut?.(object) !== true);
    return new Evaluation(Platform.fromObjects(objects, options), isConstruct(what) ? what.node.root : undefined);
  }

  private constructor(
    /** The workloads, and who may connect to whom. */
    public readonly platform: Platform,
    private readonly root: IConstruct | undefined,
  ) {}

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

  /** An end of this evaluation, for `expect`: nothing is synthesized again. */
  public at(end: End): EvaluatedEnd {
    return new EvaluatedEnd(this, end);
  }

  /** The workload of a construct; other ends are what they are. */
  public endpoint(end: End): Exclude<End, IConstruct> {
    if (!isConstruct(end)) return end;
    if (this.root !== undefined && end.node.root !== this.root) {
      throw new RangeError(`${end.node.path} is of another program than what was evaluated`);
    }
    return workloadOf(this.platform, end);
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
