import { createPublicKey, type KeyObject } from 'node:crypto';
import { ContractError, trustBundle, type Fault, type PublishedKey, type TrustBundle } from 'agentyard/contract';

interface TrustedKey {
  readonly key: KeyObject;
  /** The only algorithm that it may be used with, if it names one. */
  readonly alg: string | undefined;
  /** From when on it counts no more, in milliseconds since the epoch; infinite for a key in use. */
  readonly until: number;
}

/** Public keys by their `kid`. */
export type KeySet = ReadonlyMap<string, TrustedKey>;

/** The keys of a trust bundle, ready to verify with. */
export class TrustedKeys {
  private constructor(
    /** `iss` of ServiceAccount tokens. */
    public readonly clusterIssuer: string,
    /** Keys of ServiceAccount tokens. */
    public readonly cluster: KeySet,
    /** Keys of user claims, by the issuer that alone may use them. */
    public readonly gateways: ReadonlyMap<string, KeySet>,
  ) {}

  /** @throws ContractError with every key that cannot be used, and every issuer or `kid` that occurs twice */
  public static from({ cluster, gateways }: TrustBundle): TrustedKeys {
    const faults: Fault[] = [];
    const clusterKeys = keySetOf(cluster.keys, '$.cluster.keys', () => true, faults);
    const byIssuer = new Map<string, KeySet>();
    gateways.forEach(({ issuer, keys }, i) => {
      if (byIssuer.has(issuer)) faults.push({ path: `$.gateways[${i}].issuer`, message: 'is listed twice' });
      byIssuer.set(issuer, keySetOf(keys, `$.gateways[${i}].keys`, isEd25519, faults));
    });
    if (faults.length > 0) throw new ContractError(trustBundle.file, faults);
    return new TrustedKeys(cluster.issuer, clusterKeys, byIssuer);
  }
}

/** The key that a JWT's header names, if it is one of the set, of this algorithm, and still counts. */
export function findKey(keys: KeySet, kid: string | undefined, alg: string | undefined): KeyObject | undefined {
  const found = kid === undefined ? undefined : keys.get(kid);
  if (found === undefined || found.until <= Date.now()) return undefined;
  return found.alg === undefined || found.alg === alg ? found.key : undefined;
}

function keySetOf(
  keys: readonly PublishedKey[],
  path: string,
  fits: (key: KeyObject) => boolean,
  faults: Fault[],
): KeySet {
  const byId = new Map<string, TrustedKey>();
  keys.forEach((jwk, i) => {
    // A key for encryption verifies nothing (RFC 7517, 4.2).
    if (jwk.use !== undefined && jwk.use !== 'sig') return;
    const key = importKey(jwk);
    if (key === undefined || !fits(key)) {
      faults.push({ path: `${path}[${i}]`, message: 'is no public key that can be used here' });
      return;
    }
    if (byId.has(jwk.kid)) faults.push({ path: `${path}[${i}].kid`, message: 'is listed twice' });
    const until = jwk.expiresAt === undefined ? Infinity : Date.parse(jwk.expiresAt);
    byId.set(jwk.kid, { key, alg: jwk.alg, until });
  });
  return byId;
}

function importKey({ expiresAt: _expiresAt, ...jwk }: PublishedKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function isEd25519({ asymmetricKeyType }: KeyObject): boolean {
  return asymmetricKeyType === 'ed25519';
}
