import { generateKeyPairSync } from 'node:crypto';
import { signingKeys, trustBundle, type SigningKeys, type TrustBundle } from 'agentyard/contract';
import { ClusterFault, ObjectChanged, titleOf } from '../src';
import type { KeptObject, StoredObject, TokenIssuerKeys, TrustCluster } from '../src';

/** A key of the API server, as it is in its JWKS. */
export function clusterKey(kid: string): Record<string, unknown> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
}

export const configMap = (namespace: string): KeptObject => ({ kind: 'ConfigMap', namespace, name: 'trust-bundle' });
export const secretOf = (gateway: string): KeptObject => ({
  kind: 'Secret',
  namespace: 'front',
  name: `${gateway}-keys`,
});

/** Is called before each request; what it throws is the answer. */
type Before = (verb: 'read' | 'patch', object: KeptObject) => void | Promise<void>;

/** A cluster in memory. */
export class MemoryTrustCluster implements TrustCluster {
  public issuer = 'https://kubernetes.default.svc';
  public keys: unknown[] = [clusterKey('cluster-1')];
  public before: Before = () => undefined;
  /** What was patched, in order. */
  public readonly patched: string[] = [];
  private readonly objects = new Map<string, StoredObject>();
  private version = 0;

  public readIssuer(): Promise<TokenIssuerKeys> {
    const { issuer, keys } = this;
    return Promise.resolve({ issuer, keys });
  }

  public async readObject(object: KeptObject): Promise<StoredObject | undefined> {
    await this.before('read', object);
    return this.objects.get(titleOf(object));
  }

  public async patchObject(
    object: KeptObject,
    data: Readonly<Record<string, string>>,
    resourceVersion: string,
  ): Promise<void> {
    await this.before('patch', object);
    const stored = this.objects.get(titleOf(object));
    if (stored?.resourceVersion !== resourceVersion) throw new ObjectChanged(object);
    this.put(object, { ...stored.data, ...data });
    this.patched.push(titleOf(object));
  }

  /** Makes an object, or replaces its content. */
  public put(object: KeptObject, data: Readonly<Record<string, string>> = {}): void {
    this.version += 1;
    this.objects.set(titleOf(object), { resourceVersion: String(this.version), data });
  }

  public delete(object: KeptObject): void {
    this.objects.delete(titleOf(object));
  }

  /** Refuses requests for an object from now on. */
  public refuse(verbs: readonly string[], refused: KeptObject): void {
    this.before = (verb, object) => {
      if (verbs.includes(verb) && titleOf(object) === titleOf(refused)) throw new ClusterFault('Forbidden');
    };
  }

  public text(object: KeptObject): string | undefined {
    const file = object.kind === 'Secret' ? signingKeys.file : trustBundle.file;
    return this.objects.get(titleOf(object))?.data[file];
  }

  public bundle(namespace: string): TrustBundle {
    return JSON.parse(this.text(configMap(namespace)) ?? '') as TrustBundle;
  }

  public signingKeys(gateway: string): SigningKeys['keys'] {
    return (JSON.parse(this.text(secretOf(gateway)) ?? '') as SigningKeys).keys;
  }
}
