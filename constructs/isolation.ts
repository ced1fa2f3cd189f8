import type { IsolationLayerName } from '../lib/contract';

/** A layer of the node's kernel that confines the processes of tools. */
export enum IsolationLayer {
  /** Landlock (Linux 5.13): they read the system, the tools and the data, and write their own scratch folders. */
  LANDLOCK_FILES = 'landlock-files',
  /** Landlock, version 6 (Linux 6.12): no signals to other calls or the runtime, no abstract sockets of theirs. */
  LANDLOCK_SCOPES = 'landlock-scopes',
}

/** Options of isolation. */
export interface IsolationOptions {
  /**
   * Layers without which the sandbox is not ready, beside what is always required. A layer that the node has is in use,
   * required or not. With an empty list nodes without Landlock will do.
   * @default - `LANDLOCK_FILES`; none with a runtime class
   */
  readonly requiredLayers?: IsolationLayer[];
}

/** What keeps the code of tools from the node: its kernel alone, or a runtime class that stands before it. */
export class Isolation {
  /**
   * The kernel of the node. That processes gain no privileges and that their system calls are filtered (seccomp) is
   * always required.
   */
  public static standard(options: IsolationOptions = {}): Isolation {
    const layers = options.requiredLayers ?? [IsolationLayer.LANDLOCK_FILES];
    return new Isolation(undefined, ['no-new-privileges', 'seccomp', ...layers]);
  }

  /**
   * A runtime class that gives pods a kernel of their own, such as gVisor or Kata Containers. What that kernel has of the
   * layers is in use; none is required, since gVisor has no Landlock.
   *
   * @param name name of the RuntimeClass in the cluster, such as `gvisor`
   */
  public static runtimeClass(name: string, options: IsolationOptions = {}): Isolation {
    return new Isolation(name, options.requiredLayers ?? []);
  }

  /** @internal */
  public readonly _runtimeClassName?: string;
  /** @internal */
  public readonly _requiredLayers: readonly IsolationLayerName[];

  private constructor(runtimeClassName: string | undefined, requiredLayers: readonly IsolationLayerName[]) {
    this._runtimeClassName = runtimeClassName;
    this._requiredLayers = [...new Set(requiredLayers)];
  }
}
