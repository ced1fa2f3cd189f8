import { DevError } from './dev-error.js';
import type { GatewayAccess } from './gateway-access.js';
import type { LocalIdentity } from './local-identity.js';
import { LocalMounts } from './local-mounts.js';
import { Manifests } from './manifests.js';
import { ObjectContents } from './object-contents.js';
import { RUNTIME_LABEL } from './runtimes.js';
import { refuseDeadPorts } from './service-map.js';
import { resolveWorkload, runtimeKindOf, type Workload } from './workload.js';

/** What the developer gives in place of what a cluster would have. */
export interface LocalSubstitutes {
  /** Processes of a Deployment, by its name or `<namespace>/<name>`; @default - 1 each */
  readonly replicas?: Readonly<Record<string, number>>;
  /** Files of KEY=VALUE lines that stand for Secrets, by name or `<namespace>/<name>`; @default - none */
  readonly envFiles?: Readonly<Record<string, string>>;
  /** Directories that stand for volumes, by `<volume>` or `<deployment>/<volume>`; `@logs` for the platform's own logs; @default - none */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** A workload that cannot be started, and what to do. */
export interface NotStarted {
  readonly workload: Workload;
  readonly reasons: readonly string[];
}

/** What the manifests ask for, resolved for this machine. */
export interface DesiredState {
  readonly manifests: Manifests;
  readonly workloads: readonly Workload[];
  readonly notStarted: readonly NotStarted[];
  /** @throws DevError for a substitute that nothing in the manifests has a use for */
  refuseUnusedSubstitutes(): void;
}

/**
 * Reads the manifests and resolves every Deployment of a runtime.
 *
 * @throws DevError naming file, object and remedy
 */
export async function desiredState(
  directory: string,
  substitutes: LocalSubstitutes,
  logsDirectory: string,
  access: GatewayAccess,
  identity: LocalIdentity,
): Promise<DesiredState> {
  const manifests = await Manifests.load(directory);
  const contents = await ObjectContents.load(manifests, substitutes.envFiles ?? {}, identity);
  const mounts = await LocalMounts.check(substitutes.mounts ?? {}, logsDirectory);
  const replicas = substitutes.replicas ?? {};
  const workloads = manifests.deployments.flatMap((deployment) => {
    const kind = runtimeKindOf(deployment);
    return kind === undefined
      ? []
      : [access.provide(resolveWorkload(deployment, kind, { contents, mounts, replicas }))];
  });
  if (workloads.length === 0) {
    throw new DevError(
      `no Deployment in ${directory} has pods with the label ${RUNTIME_LABEL}; add an agent, a toolset or a gateway, and synthesize again`,
    );
  }
  refuseDeadPorts(manifests.services, workloads);
  return {
    manifests,
    workloads: workloads.filter(({ missing }) => missing.length === 0),
    notStarted: workloads
      .filter(({ missing }) => missing.length > 0)
      .map((workload) => ({ workload, reasons: workload.missing })),
    refuseUnusedSubstitutes: () => {
      contents.refuseUnusedFiles();
      mounts.refuseUnused();
      refuseUnknownReplicas(replicas, workloads);
    },
  };
}

function refuseUnknownReplicas(replicas: Readonly<Record<string, number>>, workloads: readonly Workload[]): void {
  const unknown = Object.keys(replicas).find(
    (name) => !workloads.some((workload) => name === workload.name || name === workload.key),
  );
  if (unknown === undefined) return;
  const names = workloads.map(({ name }) => name).join(', ');
  throw new DevError(`--replicas ${unknown}: there is no such Deployment; there are ${names}`);
}
