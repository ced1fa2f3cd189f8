import {
  ObjectChanged,
  titleOf,
  type KeptObject,
  type StoredObject,
  type TokenIssuerKeys,
  type TrustCluster,
} from '@agentyard/runtime-kit';

/** A cluster that is read and not written: what would be written is kept here. */
export class UnwrittenCluster implements TrustCluster {
  private readonly written = new Map<string, StoredObject>();

  public constructor(private readonly cluster: TrustCluster) {}

  public readIssuer(): Promise<TokenIssuerKeys> {
    return this.cluster.readIssuer();
  }

  public async readObject(object: KeptObject): Promise<StoredObject | undefined> {
    return this.written.get(titleOf(object)) ?? (await this.cluster.readObject(object));
  }

  public async patchObject(
    object: KeptObject,
    data: Readonly<Record<string, string>>,
    resourceVersion: string,
  ): Promise<void> {
    const stored = await this.readObject(object);
    if (stored?.resourceVersion !== resourceVersion) throw new ObjectChanged(object);
    this.written.set(titleOf(object), { resourceVersion, data: { ...stored.data, ...data } });
  }
}
