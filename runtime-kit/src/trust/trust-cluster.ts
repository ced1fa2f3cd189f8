/** An object that the trust job keeps. */
export interface KeptObject {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly namespace: string;
  readonly name: string;
}

/** An object as it was at one time. */
export interface StoredObject {
  /** By which the API server knows whether it has changed since. */
  readonly resourceVersion: string;
  /** Its entries as text, whatever their form in the API. */
  readonly data: Readonly<Record<string, string>>;
}

/** Who issues the tokens of ServiceAccounts. */
export interface TokenIssuerKeys {
  readonly issuer: string;
  /** The keys of its JWKS (RFC 7517), not checked. */
  readonly keys: readonly unknown[];
}

/**
 * What is needed of a cluster to keep the keys by which services know each other. Nothing is ever created or deleted:
 * rights to that could not be limited to a name.
 */
export interface TrustCluster {
  /** @throws ClusterFault */
  readIssuer(): Promise<TokenIssuerKeys>;
  /** Absent if there is no such object. @throws ClusterFault */
  readObject(object: KeptObject): Promise<StoredObject | undefined>;
  /**
   * Replaces entries of an object, and leaves all else as it is.
   *
   * @param resourceVersion the one state that is changed
   * @throws ObjectChanged if it is in another state by now, or gone; ClusterFault
   */
  patchObject(object: KeptObject, data: Readonly<Record<string, string>>, resourceVersion: string): Promise<void>;
}

/** A request that the cluster has not done, in words for an administrator. They carry no contents of objects. */
export class ClusterFault extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'ClusterFault';
  }
}

/** Somebody else has changed the object meanwhile. */
export class ObjectChanged extends Error {
  public constructor(object: KeptObject) {
    super(`the ${titleOf(object)} is not as it was read`);
    this.name = 'ObjectChanged';
  }
}

/** How messages call an object: `Secret agents/gateway-signing-keys`. */
export function titleOf({ kind, namespace, name }: KeptObject): string {
  return `${kind} ${namespace}/${name}`;
}
