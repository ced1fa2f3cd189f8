import type { Duration, Size } from 'cdk8s';
import { PercentOrAbsolute } from 'cdk8s-plus-29';
import type { IConstruct } from 'constructs';
import { LONGEST_KEPT_MS, type SessionsInput } from '../lib/contract';
import { reportFault } from '../lib/errors/deferred';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { checkedObjectName } from '../lib/workload/names';
import { rangedDuration, rangedNumber } from '../lib/workload/ranged-number';
import { sizeInBytes } from '../lib/workload/resources';
import type { MountedVolume } from '../lib/workload/volumes';
import type { PodOptions } from './pod-options';
import type { PostgresDatabase } from './postgres-database';
import type { SharedStore } from './shared-store';
import type { Workload } from './workload';

/** Where an agent finds the volume of its sessions. */
const DIRECTORY = '/var/lib/agentyard/sessions';

/** Options of sessions. */
export interface SessionOptions {
  /**
   * How long a session is kept after its last answer: from a second to 90 days.
   * @default Duration.hours(24)
   */
  readonly ttl?: Duration;
  /**
   * Largest session, from 1 KiB to 16 MiB as JSON. What is said first is left out of one that is larger.
   * @default Size.kibibytes(256)
   */
  readonly maxSize?: Size;
}

/**
 * Where an agent keeps conversations. A request with a `sessionId` goes on from what its user has said in the session before,
 * tool calls included.
 */
export class Sessions {
  /** In the memory of its one pod: gone when that is replaced. */
  public static inMemory(options: SessionOptions = {}): Sessions {
    return new Sessions(options, { kind: 'memory' });
  }

  /**
   * As files on a persistent volume of its one pod. When the pod is replaced, the old one ends before the new one starts.
   *
   * @param claimName name of a PersistentVolumeClaim in the agent's namespace
   */
  public static onVolume(claimName: string, options: SessionOptions = {}): Sessions {
    return new Sessions(options, { kind: 'volume', directory: DIRECTORY }, checkedObjectName('Sessions', claimName));
  }

  /** In a store that all of its pods share. @param store one that gateways use may be given too */
  public static inStore(store: SharedStore, options: SessionOptions = {}): Sessions {
    return new Sessions(options, undefined, undefined, store);
  }

  /** In a database that all of its pods share, in two tables that are made if they are not there. */
  public static inDatabase(database: PostgresDatabase, options: SessionOptions = {}): Sessions {
    return new Sessions(options, undefined, undefined, database);
  }

  private constructor(
    private readonly options: SessionOptions,
    private readonly place: SessionsInput['store'] | undefined,
    private readonly claimName?: string,
    private readonly store?: SharedStore | PostgresDatabase,
  ) {}

  /** Whether they outlast a pod. @internal */
  public get _outlastPods(): boolean {
    return this.place?.kind !== 'memory';
  }

  /** The section of an agent's document. What is wrong is reported. @internal */
  public _section(agent: IConstruct): SessionsInput {
    const { ttl, maxSize } = this.options;
    const size = { least: 1_024, most: 16 * 1024 * 1024, whole: true };
    return {
      store: this.place ?? this.store!._section,
      ttlMs: rangedDuration(agent, 'sessions.ttl', ttl, { least: 1_000, most: LONGEST_KEPT_MS }),
      maxBytes: rangedNumber(agent, 'sessions.maxSize', maxSize && sizeInBytes(maxSize), size),
    };
  }

  /** @internal */
  public get _volumes(): readonly MountedVolume[] {
    if (this.claimName === undefined) return this.store?._volumes ?? [];
    const source = { persistentVolumeClaim: { claimName: this.claimName } };
    return [{ name: 'sessions', mountPath: DIRECTORY, readOnly: false, source }];
  }

  /** The options of an agent's pods, of which there may be one alone where no store is shared. @internal */
  public _podOptions(agent: IConstruct, options: PodOptions): PodOptions {
    if (this.store !== undefined) return options;
    const { replicas = 1, autoscaling, maxSurge = PercentOrAbsolute.absolute(0), maxUnavailable } = options;
    if (replicas > 1 || autoscaling !== undefined) report(agent, SEVERAL_PODS);
    if (this.claimName === undefined) return options;
    if (maxSurge.value !== 0) report(agent, SURGE);
    return { ...options, maxSurge, maxUnavailable: maxUnavailable ?? PercentOrAbsolute.absolute(1) };
  }

  /** Opens the way to the store. @internal */
  public _open(workload: Workload): void {
    this.store?._open(workload);
  }
}

const SEVERAL_PODS: SynthFault = {
  message: 'it may have more than one pod, and each would keep sessions of its own',
  remedy: 'Use Sessions.inStore(...) or Sessions.inDatabase(...), or one replica',
};

const SURGE: SynthFault = {
  message: 'maxSurge lets two pods write the volume of its sessions at once',
  remedy: 'Leave maxSurge out, or use Sessions.inStore(...) or Sessions.inDatabase(...)',
};

function report(agent: IConstruct, fault: SynthFault): void {
  reportFault(agent, new SynthError('SESSIONS_NOT_SHARED', agent, fault));
}
