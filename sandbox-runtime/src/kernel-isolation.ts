import path from 'node:path';
import type { IsolationLayerName, ToolsetDocument } from 'agentyard/contract';
import { ISOLATION_LAYERS } from 'agentyard/contract';
import { confinedPaths, type ReadablePaths } from './kernel/confined-paths.js';
import { KernelLauncher, PlainLauncher, type ProcessLauncher } from './kernel/kernel-launcher.js';
import { NOTHING_FOUND, probeKernel, type KernelFindings } from './kernel/kernel-probe.js';
import { SYSTEM_CALLS, type SystemCalls } from './kernel/system-calls.js';

/** What the isolation of a toolset follows from. */
export interface KernelIsolationOptions {
  /** Folder of the runtime's programs, the launchers among them. */
  readonly programs: string;
  readonly isolation: ToolsetDocument['isolation'];
  readonly readable: ReadablePaths;
}

/** Which layers of the kernel confine the tools of this sandbox, and how their processes are started so. */
export class KernelIsolation {
  /** Tries what the kernel of this machine does. Never rejects: what does not work is not active. */
  public static async find(options: KernelIsolationOptions): Promise<KernelIsolation> {
    const calls = process.platform === 'linux' ? systemCalls() : undefined;
    if (calls === undefined) {
      const reason = `there is no launcher for ${process.platform} on ${process.arch}`;
      return new KernelIsolation(options.isolation, NOTHING_FOUND, new PlainLauncher(), reason);
    }
    const program = path.join(options.programs, `launcher-${process.arch}`);
    try {
      const findings = await probeKernel(program, calls);
      const launcher = launcherFor(program, calls, findings, options);
      return new KernelIsolation(options.isolation, findings, launcher, undefined);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = `the launcher could not be run (${code ?? message})`;
      return new KernelIsolation(options.isolation, NOTHING_FOUND, new PlainLauncher(), reason);
    }
  }

  /** Layers that hold, in the order of the contract. */
  public readonly active: readonly IsolationLayerName[];

  public constructor(
    private readonly isolation: ToolsetDocument['isolation'],
    private readonly findings: KernelFindings,
    public readonly launcher: ProcessLauncher,
    /** Why there is no layer at all. */
    public readonly reason: string | undefined,
  ) {
    const holds: Readonly<Record<IsolationLayerName, boolean>> = {
      'no-new-privileges': findings.noNewPrivileges,
      seccomp: findings.seccomp,
      'landlock-files': findings.landlockVersion > 0,
      'landlock-scopes': findings.scopes,
    };
    this.active = ISOLATION_LAYERS.filter((layer) => holds[layer]);
  }

  /** Layers that do not hold here. */
  public get inactive(): IsolationLayerName[] {
    return ISOLATION_LAYERS.filter((layer) => !this.active.includes(layer));
  }

  /** Version of Landlock's interface; 0 without it. */
  public get landlockVersion(): number {
    return this.findings.landlockVersion;
  }

  /** Why the sandbox is not ready; absent if each layer that its document requires holds. */
  public get fault(): string | undefined {
    const missing = this.isolation.requiredLayers.filter((layer) => !this.active.includes(layer));
    if (missing.length === 0) return undefined;
    const found = this.active.length === 0 ? 'none' : this.active.join(', ');
    const why = this.reason === undefined ? '' : `: ${this.reason}`;
    return (
      `isolation-missing: ${missing.join(', ')} required, active ${found}${why}. ` +
      'Use nodes whose kernel has it, or say what is enough: Isolation.standard({ requiredLayers }), Isolation.runtimeClass'
    );
  }

  /** 1 for each layer that holds, 0 for the others. */
  public figures(): ReadonlyMap<string, number> {
    return new Map(ISOLATION_LAYERS.map((layer) => [layer, this.active.includes(layer) ? 1 : 0]));
  }
}

function systemCalls(): SystemCalls | undefined {
  return Object.hasOwn(SYSTEM_CALLS, process.arch)
    ? SYSTEM_CALLS[process.arch as keyof typeof SYSTEM_CALLS]
    : undefined;
}

function launcherFor(
  program: string,
  calls: SystemCalls,
  { seccomp, landlockVersion: version }: KernelFindings,
  { isolation: { network }, readable }: KernelIsolationOptions,
): ProcessLauncher {
  const landlock = version > 0 ? { version, network, paths: confinedPaths(readable) } : undefined;
  return new KernelLauncher(program, calls, { seccomp, landlock, network });
}
