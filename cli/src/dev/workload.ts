import { createHash } from 'node:crypto';
import path from 'node:path';
import { DOCUMENT_VARIABLE } from '@agentyard/runtime-kit';
import { DevError } from './dev-error.js';
import type { Container, ContainerPort, Deployment } from './kubernetes-objects.js';
import type { LocalMounts } from './local-mounts.js';
import { titleOf } from './manifests.js';
import type { Contents, ObjectContents } from './object-contents.js';
import { podEnvironment } from './pod-environment.js';
import { FOREIGN_SERVER, RUNTIME_KINDS, RUNTIME_LABEL, type RuntimeKind } from './runtimes.js';
import { imageOfTools } from './tools-volume.js';
import { volumeSource, type VolumeSource } from './volume-source.js';

/** Name of the container that runs a runtime. */
export const RUNTIME_CONTAINER = 'runtime';

/** A volume where a container sees it. */
export interface Mount {
  readonly volume: string;
  /** Path in the container. */
  readonly path: string;
  readonly subPath: string;
  readonly source: VolumeSource;
}

/** A Deployment of a runtime, with all that its pods would be given. */
export interface Workload {
  readonly kind: RuntimeKind;
  readonly name: string;
  readonly namespace: string;
  /** `<namespace>/<name>`. */
  readonly key: string;
  /** Labels of its pods, which Services select by. */
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly ContainerPort[];
  /** Processes to run. */
  readonly replicas: number;
  readonly mounts: readonly Mount[];
  /** Variables of a pod of this name. */
  environmentOf(podName: string): Readonly<Record<string, string>>;
  /** Equal for two workloads whose pods need not be replaced. */
  readonly fingerprint: string;
  /** Why no pod of it can start: Secrets and tools of images that were not given. */
  readonly missing: readonly string[];
}

/** What workloads are resolved with. */
export interface WorkloadSources {
  readonly contents: ObjectContents;
  readonly mounts: LocalMounts;
  /** Processes of a Deployment that shall not be 1. */
  readonly replicas: Readonly<Record<string, number>>;
}

/** The runtime that a Deployment runs, by the label of its pods; absent for one that is not ours. */
export function runtimeKindOf(deployment: Deployment): RuntimeKind | undefined {
  const label = deployment.spec.template.metadata.labels[RUNTIME_LABEL];
  if (label === undefined || label === FOREIGN_SERVER) return undefined;
  const kind = RUNTIME_KINDS.find((known) => known === label);
  if (kind === undefined) {
    throw new DevError(
      `${titleOf(deployment)}: ${RUNTIME_LABEL} is "${label}", agentyard dev runs ${RUNTIME_KINDS.join(', ')}; use the version of the command that belongs to the library`,
    );
  }
  return kind;
}

/**
 * Resolves a Deployment of a runtime.
 *
 * @throws DevError for what the manifests lack or have wrong; a Secret that is not given is told in `missing`
 */
export function resolveWorkload(deployment: Deployment, kind: RuntimeKind, sources: WorkloadSources): Workload {
  const { name, namespace } = deployment.metadata;
  const { template } = deployment.spec;
  const workload = titleOf(deployment);
  const container = runtimeContainer(deployment);
  const mounts = mountsOf(deployment, container, sources);
  const resolve = (podName: string) =>
    podEnvironment({ name: podName, namespace, workload, template }, container, sources.contents);
  const { missing } = resolve(name);
  const environmentOf = (podName: string) => resolve(podName).variables;
  return {
    kind,
    name,
    namespace,
    key: `${namespace}/${name}`,
    labels: template.metadata.labels,
    ports: container.ports,
    replicas: sources.replicas[name] ?? sources.replicas[`${namespace}/${name}`] ?? 1,
    mounts,
    environmentOf,
    fingerprint: fingerprintOf(deployment, environmentOf(name), kind === 'gateway' ? [] : mounts),
    missing: [...new Set([...missing, ...missingVolumes(mounts)])],
  };
}

/** The text of the document that the workload's runtime will read; absent if no volume holds it. */
export function documentText(workload: Workload): string | undefined {
  const documentPath = workload.environmentOf(workload.name)[DOCUMENT_VARIABLE];
  if (documentPath === undefined) return undefined;
  for (const mount of workload.mounts) {
    if (mount.source.type !== 'files') continue;
    const bytes = mount.source.files.get(path.posix.join(mount.subPath, path.posix.relative(mount.path, documentPath)));
    if (bytes !== undefined) return bytes.toString('utf8');
  }
  return undefined;
}

/** The workload with other files in the volume at a path of its container. */
export function withFiles(workload: Workload, mountPath: string, files: Contents): Workload {
  const source: VolumeSource = { type: 'files', files, secret: true };
  const mounts = workload.mounts.map((mount) => (mount.path === mountPath ? { ...mount, source } : mount));
  const remedies = missingVolumes(workload.mounts);
  const missing = workload.missing.filter((line) => !remedies.includes(line));
  return { ...workload, mounts, missing: [...missing, ...missingVolumes(mounts)] };
}

function missingVolumes(mounts: readonly Mount[]): string[] {
  return mounts.flatMap(({ source }) => (source.type === 'missing' ? [source.remedy] : []));
}

function runtimeContainer(deployment: Deployment): Container {
  const container = deployment.spec.template.spec.containers.find(({ name }) => name === RUNTIME_CONTAINER);
  if (container === undefined) {
    throw new DevError(
      `${titleOf(deployment)} has no container "${RUNTIME_CONTAINER}"; synthesize it again with this version of the library`,
    );
  }
  return container;
}

function mountsOf(deployment: Deployment, container: Container, { contents, mounts }: WorkloadSources): Mount[] {
  const { name, namespace } = deployment.metadata;
  const pod = deployment.spec.template.spec;
  const owner = { name, namespace, pod, workload: titleOf(deployment) };
  const sources = new Map(pod.volumes.map((volume) => [volume.name, volumeSource(owner, volume, contents, mounts)]));
  // A developer's directory stands for that of the tools, and not for all of their image.
  const ofTools = new Set(pod.volumes.filter((volume) => imageOfTools(volume, pod) !== undefined).map((v) => v.name));
  return container.volumeMounts.map((mount) => {
    const source = sources.get(mount.name);
    if (source === undefined)
      throw new DevError(`${owner.workload} mounts the volume ${mount.name}, which it does not declare; declare it`);
    const subPath = ofTools.has(mount.name) ? '' : (mount.subPath ?? '');
    return { volume: mount.name, path: mount.mountPath, subPath, source };
  });
}

/** A hash over the pod template and all that it refers to. */
function fingerprintOf(
  deployment: Deployment,
  environment: Readonly<Record<string, string>>,
  mounts: readonly Mount[],
): string {
  const hash = createHash('sha256').update(JSON.stringify([deployment.spec.template, environment]));
  for (const { volume, source } of mounts) {
    hash.update(`\0${volume}\0${source.type}`);
    if (source.type === 'directory') hash.update(source.directory);
    if (source.type !== 'files') continue;
    for (const [name, bytes] of source.files) hash.update(`\0${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
