import { ClusterFault, ObjectChanged, type KeptObject, type TrustCluster } from '../src';

/** A cluster, and what its administrator does to an object. */
export interface TrustClusterStage {
  readonly cluster: TrustCluster;
  /** Makes an object of these entries, or gives an object other entries. */
  readonly put: (object: KeptObject, entries: Readonly<Record<string, string>>) => Promise<void>;
  readonly remove: (object: KeptObject) => Promise<void>;
  /** An object that the cluster's user may not read or patch. */
  readonly forbidden: KeptObject;
}

/** What every implementation of TrustCluster does. @param objects of each kind, which are not there */
export function describeTrustCluster(stage: () => TrustClusterStage, objects: readonly KeptObject[]): void {
  it('says who issues tokens', async () => {
    const { issuer, keys } = await stage().cluster.readIssuer();
    expect(issuer).toMatch(/^https:\/\//);
    expect(keys).toContainEqual(expect.objectContaining({ kid: expect.any(String), kty: expect.any(String) }));
  });

  it.each(objects)('reads a $kind, and replaces one entry of it', async (object) => {
    const { cluster, put, remove } = stage();
    expect(await cluster.readObject(object)).toBeUndefined();
    await put(object, {});
    expect((await cluster.readObject(object))?.data).toEqual({});
    await put(object, { kept: 'ümlaut\n', changed: 'before' });
    const before = await cluster.readObject(object);
    expect(before?.data).toEqual({ kept: 'ümlaut\n', changed: 'before' });

    await cluster.patchObject(object, { changed: 'ä"\n', added: '{}' }, before!.resourceVersion);
    const after = await cluster.readObject(object);
    expect(after?.data).toEqual({ kept: 'ümlaut\n', changed: 'ä"\n', added: '{}' });
    expect(after?.resourceVersion).not.toBe(before?.resourceVersion);
    await remove(object);
  });

  it.each(objects)('changes no $kind that is not as it was read', async (object) => {
    const { cluster, put, remove } = stage();
    await put(object, {});
    const { resourceVersion = '' } = (await cluster.readObject(object)) ?? {};
    await put(object, { theirs: 'x' });
    await expect(cluster.patchObject(object, { ours: 'y' }, resourceVersion)).rejects.toThrow(ObjectChanged);
    expect((await cluster.readObject(object))?.data).toEqual({ theirs: 'x' });

    const { resourceVersion: last = '' } = (await cluster.readObject(object)) ?? {};
    await remove(object);
    await expect(cluster.patchObject(object, { ours: 'y' }, last)).rejects.toThrow(ObjectChanged);
    expect(await cluster.readObject(object)).toBeUndefined();
  });

  it('says what it may not', async () => {
    const { cluster, forbidden } = stage();
    await expect(cluster.readObject(forbidden)).rejects.toThrow(ClusterFault);
    await expect(cluster.readObject(forbidden)).rejects.toThrow(/forbidden/i);
  });
}
