import { DevError } from './dev-error.js';
import { imageOfTools, missingTools } from './tools-volume.js';
import type { KeyItems, PodTemplate, Volume } from './kubernetes-objects.js';
import type { LocalMounts } from './local-mounts.js';
import type { Contents, ObjectContents } from './object-contents.js';
import { missingConfigMap, missingSecret } from './pod-environment.js';

/** What a volume of a pod is on this machine. */
export type VolumeSource =
  /** Files that are written for the pod; those of Secrets are readable by their owner alone. */
  | { readonly type: 'files'; readonly files: Contents; readonly secret: boolean }
  /** A Secret, or code, that is not there, and the remedy. */
  | { readonly type: 'missing'; readonly remedy: string }
  /** A directory of the developer, used as it is. */
  | { readonly type: 'directory'; readonly directory: string }
  /** An empty directory of the pod's own; `wanted` if it stands for something that was not given. */
  | { readonly type: 'empty'; readonly wanted: boolean };

/** The workload whose volumes are resolved. */
export interface VolumeOwner {
  readonly name: string;
  readonly namespace: string;
  /** The spec of its pods. */
  readonly pod: PodTemplate['spec'];
  /** How messages name it, for example `Deployment default/support`. */
  readonly workload: string;
}

/** Volume with the certificate authorities of a cluster, from a ConfigMap that the cluster itself has. */
const CA_VOLUME = 'ca-bundle';

/** Volumes with authorities of what a gateway calls. */
const AUTHORITIES_PREFIX = 'authorities-';

/** Volumes for the TLS of a port, which speaks plain HTTP here. */
const TLS_VOLUMES = ['serving-certificate', 'client-authorities'];

const FROM_MANIFESTS = ['configMap', 'secret', 'projected', 'emptyDir'] as const;

/**
 * Finds what a volume is on this machine.
 *
 * @throws DevError for a ConfigMap or key that is not in the manifests, and for `--mount` on a volume that comes from them
 */
export function volumeSource(
  owner: VolumeOwner,
  volume: Volume,
  contents: ObjectContents,
  mounts: LocalMounts,
): VolumeSource {
  if (TLS_VOLUMES.includes(volume.name)) return { type: 'empty', wanted: false };
  const directory = mounts.directoryFor(owner.name, volume.name);
  const image = imageOfTools(volume, owner.pod);
  if (image !== undefined) {
    return directory === undefined
      ? { type: 'missing', remedy: missingTools(owner.name, volume, image) }
      : { type: 'directory', directory };
  }
  const kind = FROM_MANIFESTS.find((key) => volume[key] !== undefined);
  if (kind === undefined || isOfTheCluster(owner, volume, contents))
    return directory === undefined ? { type: 'empty', wanted: true } : { type: 'directory', directory };
  if (directory !== undefined) {
    const remedy = kind === 'secret' ? 'give it with --env-file' : 'change the manifests instead';
    throw new DevError(
      `--mount ${volume.name}: this volume of ${owner.workload} is a ${kind} of the manifests; ${remedy}`,
    );
  }
  if (volume.configMap !== undefined) {
    return { type: 'files', files: configMapFiles(owner, volume.configMap, contents), secret: false };
  }
  if (volume.secret !== undefined) {
    return secretSource(owner, { ...volume.secret, name: volume.secret.secretName }, contents);
  }
  if (volume.projected !== undefined) return projectedSource(owner, volume.projected.sources, contents);
  return { type: 'empty', wanted: false };
}

/** Whether its ConfigMap is one that platform teams have and no program declares. */
function isOfTheCluster({ namespace }: VolumeOwner, { name, configMap }: Volume, contents: ObjectContents): boolean {
  const holdsAuthorities = name === CA_VOLUME || name.startsWith(AUTHORITIES_PREFIX);
  return holdsAuthorities && configMap !== undefined && contents.configMap(namespace, configMap.name) === undefined;
}

interface Projection {
  readonly name: string;
  readonly optional: boolean;
  readonly items?: KeyItems;
}

function configMapFiles(owner: VolumeOwner, projection: Projection, contents: ObjectContents): Contents {
  const found = contents.configMap(owner.namespace, projection.name);
  if (found === undefined) {
    if (projection.optional) return new Map();
    throw missingConfigMap(owner, projection.name);
  }
  const { files, missingKeys } = projected(found, projection);
  if (missingKeys[0] !== undefined) throw missingConfigMap(owner, projection.name, missingKeys[0]);
  return files;
}

function secretSource(owner: VolumeOwner, projection: Projection, contents: ObjectContents): VolumeSource {
  const found = contents.secret(owner.namespace, projection.name);
  if (found === undefined) {
    if (projection.optional) return { type: 'files', files: new Map(), secret: true };
    return { type: 'missing', remedy: missingSecret(owner.namespace, projection.name) };
  }
  const { files, missingKeys } = projected(found, projection);
  if (missingKeys[0] === undefined) return { type: 'files', files, secret: true };
  return { type: 'missing', remedy: missingSecret(owner.namespace, projection.name, missingKeys[0]) };
}

type ProjectedSources = NonNullable<Volume['projected']>['sources'];

function projectedSource(owner: VolumeOwner, sources: ProjectedSources, contents: ObjectContents): VolumeSource {
  const files = new Map<string, Buffer>();
  let holdsSecret = false;
  for (const source of sources) {
    if (source.configMap !== undefined) {
      for (const [name, bytes] of configMapFiles(owner, source.configMap, contents)) files.set(name, bytes);
    } else if (source.secret !== undefined) {
      const found = secretSource(owner, source.secret, contents);
      if (found.type !== 'files') return found;
      for (const [name, bytes] of found.files) files.set(name, bytes);
      holdsSecret = true;
    } else if (source.serviceAccountToken !== undefined) {
      const { audience, path } = source.serviceAccountToken;
      // Without an audience it is for the API server, which is not here.
      if (audience !== undefined) files.set(path, tokenOf(owner, audience, contents));
      holdsSecret = true;
    } else {
      const kinds = Object.keys(source).join(', ') || 'empty';
      throw new DevError(
        `${owner.workload}: agentyard dev does not know projected volumes of ${kinds}; use configMap or secret`,
      );
    }
  }
  return { type: 'files', files, secret: holdsSecret };
}

function tokenOf(
  { namespace, pod: { serviceAccountName } }: VolumeOwner,
  audience: string,
  { identity }: ObjectContents,
): Buffer {
  return Buffer.from(identity.token(namespace, serviceAccountName, audience));
}

/** All keys, or those of `items` under their paths. */
function projected(contents: Contents, { items, optional }: Projection): { files: Contents; missingKeys: string[] } {
  if (items === undefined) return { files: contents, missingKeys: [] };
  const files = new Map<string, Buffer>();
  const missingKeys: string[] = [];
  for (const { key, path } of items) {
    const bytes = contents.get(key);
    if (bytes !== undefined) files.set(path, bytes);
    else if (!optional) missingKeys.push(key);
  }
  return { files, missingKeys };
}
