import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import type { SynthFault } from '../../errors/synth-error';

/** Algorithms of signatures that fit a key, as the contract names them. */
type KeyAlgorithm = 'RS256' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

/** The public key of a client, as Keycloak stores it, and what its signatures have to say. */
export interface ClientPublicKey {
  /** A set with this one key, RFC 7517. */
  readonly jwks: string;
  readonly algorithm: KeyAlgorithm;
  /** Its thumbprint, RFC 7638. */
  readonly keyId: string;
}

const CURVES: Readonly<Record<string, KeyAlgorithm>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
};
/** Members that a thumbprint is made of, by the kind of key, in their order. RFC 7638, 3.2; RFC 8037, 2. */
const REQUIRED: Readonly<Record<string, readonly (keyof JsonWebKey)[]>> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
};
const LEAST_RSA_BITS = 2048;

/** A public key in PEM; a fault for what is none, or too weak. Never quotes it: it may be the private one. */
export function clientPublicKey(pem: string): ClientPublicKey | SynthFault {
  const remedy =
    "Give what 'openssl pkey -in key.pem -pubout' prints: RSA from 2048 bits on, P-256, P-384, P-521 or Ed25519";
  if (pem.includes('PRIVATE KEY')) {
    return { message: 'publicKey is a private key, which would stand in manifests', remedy };
  }
  const jwk = jwkOf(pem);
  const algorithm = jwk && algorithmOf(jwk);
  if (jwk === undefined || algorithm === undefined) return { message: 'publicKey is no public key in PEM', remedy };
  const members: JsonWebKey = Object.fromEntries((REQUIRED[jwk.kty ?? ''] ?? []).map((name) => [name, jwk[name]]));
  const keyId = createHash('sha256').update(JSON.stringify(members)).digest('base64url');
  const entry = { ...members, kid: keyId, alg: algorithm, use: 'sig' };
  return { jwks: JSON.stringify({ keys: [entry] }), algorithm, keyId };
}

function jwkOf(pem: string): JsonWebKey | undefined {
  try {
    return createPublicKey(pem).export({ format: 'jwk' });
  } catch {
    return undefined;
  }
}

function algorithmOf({ kty, n = '', crv = '' }: JsonWebKey): KeyAlgorithm | undefined {
  if (kty !== 'RSA') return CURVES[crv];
  return Buffer.from(n, 'base64url').length * 8 < LEAST_RSA_BITS ? undefined : 'RS256';
}
