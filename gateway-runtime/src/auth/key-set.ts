import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { IssuerFault } from './json-source.js';

/** Most keys of one issuer. */
const MAX_KEYS = 100;

/** RSA keys of fewer bits are broken (RFC 7518, 3.3), of more they take a request's time. */
const RSA_BITS = { least: 2_048, most: 8_192 };

/** Signature algorithms by the kind of key that they need (RFC 7518, 3.1; RFC 8037, 3.1). */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
  ed25519: ['EdDSA'],
};

interface VerificationKey {
  readonly kid: string | undefined;
  readonly algorithms: readonly string[];
  readonly key: KeyObject;
}

/** Thrown for a key that is left out. */
class NonsenseKey extends Error {}

/** The keys by which an issuer's signatures are checked. */
export class KeySet {
  /**
   * Takes those keys of a JSON Web Key Set (RFC 7517, 5) that check signatures. Symmetric keys and keys for encryption
   * are left out, and so are nonsense ones, which `onNonsense` is told of: where they stand, and what is wrong.
   *
   * @throws IssuerFault when it is no key set, has over 100 keys, or none that can be used
   */
  public static parse(value: unknown, onNonsense: (faults: readonly string[]) => void): KeySet {
    const list = (value as { keys?: unknown } | null | undefined)?.keys;
    if (!Array.isArray(list)) throw new IssuerFault('its keys are no JSON Web Key Set');
    if (list.length > MAX_KEYS) throw new IssuerFault(`it has over ${MAX_KEYS} keys`);
    const faults: string[] = [];
    const keys = list.flatMap((jwk: unknown, i) => {
      try {
        return isForOtherUse(jwk) ? [] : [verificationKey(jwk)];
      } catch (error) {
        faults.push(`keys[${i}]: ${error instanceof NonsenseKey ? error.message : 'not a key'}`);
        return [];
      }
    });
    if (faults.length > 0) onNonsense(faults);
    if (keys.length === 0) throw new IssuerFault('it has no key that can be used');
    return new KeySet(keys);
  }

  private constructor(private readonly keys: readonly VerificationKey[]) {}

  /** The key for a signature. A token without key id has one only if no other key could be meant. */
  public find(algorithm: string, kid: string | undefined): KeyObject | undefined {
    const fitting = this.keys.filter(
      (key) => key.algorithms.includes(algorithm) && (kid === undefined || key.kid === kid),
    );
    return kid === undefined && fitting.length > 1 ? undefined : fitting[0]?.key;
  }
}

function isForOtherUse(jwk: unknown): boolean {
  if (typeof jwk !== 'object' || jwk === null) return false;
  const { kty, use, key_ops: operations } = jwk as Readonly<Record<string, unknown>>;
  const isForOther = Array.isArray(operations) && !operations.includes('verify');
  return kty === 'oct' || (use !== undefined && use !== 'sig') || isForOther;
}

function verificationKey(jwk: unknown): VerificationKey {
  if (typeof jwk !== 'object' || jwk === null) throw new NonsenseKey('not an object');
  const { kid, alg, d } = jwk as Readonly<Record<string, unknown>>;
  if (d !== undefined) throw new NonsenseKey('it has its private part');
  if (kid !== undefined && typeof kid !== 'string') throw new NonsenseKey('its kid is no string');
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const algorithms = algorithmsOf(key).filter((algorithm) => alg === undefined || algorithm === alg);
  if (algorithms.length === 0) throw new NonsenseKey('of a kind that no signature here is made with');
  return { kid, algorithms, key };
}

function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): readonly string[] {
  if (type === 'rsa') {
    const { modulusLength: bits = 0, publicExponent: exponent = 0n } = details ?? {};
    if (bits < RSA_BITS.least || bits > RSA_BITS.most) throw new NonsenseKey(`an RSA key of ${bits} bits`);
    // With the exponent 1 everything is signed by itself.
    if (exponent < 3n || exponent > 0xffff_ffffn) throw new NonsenseKey('an RSA key with a wrong exponent');
  }
  return ALGORITHMS[(type === 'ec' ? details?.namedCurve : type) ?? ''] ?? [];
}
