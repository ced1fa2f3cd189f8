import { isDeepStrictEqual } from 'node:util';
import { ApiError, type ApiServer, type KubernetesObject } from './api-server';
import { apply } from './apply';
import { clusterGiven } from './cluster-given';
import { untilEstablished } from './crds';
import { readManifests } from './manifests';
import { podOf } from './pod-of-template';
import { until } from './until';

const ENFORCED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

/**
 * Manifests that belong together, in a cluster whose namespaces enforce the Pod Security level `restricted`.
 *
 * What stood in the cluster before is neither changed nor deleted: names that are taken are refused.
 */
export class ManifestSet {
  /** The objects of a file or folder. */
  public static read(api: ApiServer, fileOrFolder: string): ManifestSet {
    return new ManifestSet(api, readManifests(fileOrFolder));
  }

  public readonly objects: readonly KubernetesObject[];
  private readonly created: KubernetesObject[] = [];

  public constructor(
    private readonly api: ApiServer,
    objects: readonly KubernetesObject[],
  ) {
    this.objects = [...objects].sort((one, other) => order(one) - order(other));
  }

  /** Applies all objects, strictly; gives what the API server warned of. */
  public async apply(): Promise<string[]> {
    for (const name of this.namespaces()) await this.createNamespace(name);
    for (const object of clusterGiven(this.objects))
      if (!(await this.api.read(object))) this.created.push(await this.api.create(object));
    const warnings: string[] = [];
    for (const object of this.objects) {
      const applied = await apply(this.api, object);
      if (applied.created) this.created.push(applied.object);
      if (object.kind === 'CustomResourceDefinition') await untilEstablished(this.api, object);
      warnings.push(...applied.warnings.map((warning) => `${title(object)}: ${warning}`));
    }
    return warnings;
  }

  /** Applies the objects again and gives those that this changes: none, if the manifests are what they say. */
  public async changedByApplyingAgain(): Promise<string[]> {
    const changed: string[] = [];
    for (const object of this.objects) if (await this.changes(object)) changed.push(title(object));
    return changed;
  }

  /**
   * Has the API server admit a Pod of each pod template, as a dry run; gives their names.
   *
   * Pod Security lets a Deployment pass with a warning, and refuses its pods.
   */
  public async admitPods(): Promise<string[]> {
    const admitted: string[] = [];
    for (const object of this.objects) {
      const pod = podOf(object);
      if (!pod) continue;
      await this.api.create(pod, { dryRun: 'All' });
      admitted.push(title(object));
    }
    return admitted;
  }

  /** Deletes what applying created and waits until it is gone. */
  public async remove(): Promise<void> {
    const isNamespace = ({ kind }: KubernetesObject): boolean => kind === 'Namespace';
    const created = this.created.splice(0).reverse();
    // A namespace takes along what is in it.
    const clusterScoped = created.filter((object) => !object.metadata.namespace && !isNamespace(object));
    const gone = [...clusterScoped, ...created.filter(isNamespace)];
    for (const object of gone) await this.api.delete(object);
    for (const object of gone)
      await until(`${title(object)} is gone`, async () => ((await this.api.read(object)) ? undefined : true));
  }

  /** Another manager than the manifests': if they ask for another level, applying them is a conflict. */
  private async createNamespace(name: string): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: ENFORCED } };
    try {
      this.created.push(await this.api.create(namespace, { fieldManager: 'agentyard-test-cluster' }));
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
      throw new Error(`The cluster has a namespace "${name}" already. Tests need a cluster without.`, {
        cause: error,
      });
    }
  }

  /** Controllers write, too, above all the status: then that is looked at, and the object applied again. */
  private async changes(object: KubernetesObject): Promise<boolean> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const before = await this.api.read(object);
      const { object: after } = await apply(this.api, object);
      if (before?.metadata.resourceVersion === after.metadata.resourceVersion) return false;
      if (!before || !isDeepStrictEqual(withoutControllers(before), withoutControllers(after))) return true;
    }
    return true;
  }

  private namespaces(): string[] {
    const names = this.objects.map(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : metadata.namespace));
    return [...new Set(names.filter((name) => name !== undefined))];
  }
}

/** Namespaces and CRDs are there before what needs them. */
function order({ kind }: KubernetesObject): number {
  return ['Namespace', 'CustomResourceDefinition'].indexOf(kind) === -1 ? 1 : 0;
}

function title({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
}

/** What a manifest may say; controllers write the rest. */
function withoutControllers({ status: _status, metadata, ...rest }: KubernetesObject): unknown {
  const {
    resourceVersion: _version,
    generation: _generation,
    managedFields: _managers,
    annotations = {},
    ...own
  } = metadata;
  const ours = Object.entries(annotations as object).filter(([key]) => !key.startsWith('deployment.kubernetes.io/'));
  return { ...rest, metadata: { ...own, annotations: Object.fromEntries(ours) } };
}
