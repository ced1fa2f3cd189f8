import { ClusterFault, type KeptObject, type StoredObject, type TrustCluster } from './trust-cluster.js';
import type { TrustFault } from './trust-report.js';

/** An object, or why there is none to work with. */
export type Reading =
  { readonly state: 'read'; readonly stored: StoredObject } | { readonly state: 'missing' | 'failed' };

/** Access to the objects of one round. What fails is written down, and keeps no other object from being looked at. */
export class KeptObjects {
  public readonly faults: TrustFault[] = [];

  public constructor(private readonly cluster: TrustCluster) {}

  public async read(object: KeptObject): Promise<Reading> {
    try {
      const stored = await this.cluster.readObject(object);
      if (stored !== undefined) return { state: 'read', stored };
    } catch (error) {
      this.takeFault(object, error);
      return { state: 'failed' };
    }
    this.faults.push({
      object,
      message: 'not in the cluster',
      remedy: 'apply the manifests of the program, which have it',
    });
    return { state: 'missing' };
  }

  /** Replaces one entry. @returns whether that was done. @throws ObjectChanged */
  public async write(
    object: KeptObject,
    { resourceVersion }: StoredObject,
    file: string,
    text: string,
  ): Promise<boolean> {
    try {
      await this.cluster.patchObject(object, { [file]: text }, resourceVersion);
      return true;
    } catch (error) {
      this.takeFault(object, error);
      return false;
    }
  }

  private takeFault(object: KeptObject, error: unknown): void {
    if (!(error instanceof ClusterFault)) throw error;
    this.faults.push({ object, message: error.message });
  }
}
