import { CONTRACT_VERSION, ContractError, parseValue, trustBundle, type PublicKey } from 'agentyard/contract';
import { TrustedKeys } from '../identity/trusted-keys.js';

/** Members of a public key that travel; all others of a JWKS are left out. */
const MEMBERS = ['kty', 'kid', 'alg', 'use', 'n', 'e', 'crv', 'x', 'y'] as const;

/** Keys of a JWKS that callees can verify with. */
export interface ClusterKeys {
  readonly keys: readonly PublicKey[];
  readonly ignored: readonly { readonly kid: string; readonly reason: string }[];
}

/** Picks the keys of a JWKS that those who check can use; one that they cannot use would make them refuse all. */
export function clusterKeysOf(jwks: readonly unknown[]): ClusterKeys {
  const keys = new Map<string, PublicKey>();
  const ignored: { kid: string; reason: string }[] = [];
  for (const jwk of jwks) {
    const key = publicPartOf(jwk);
    const kid = typeof key.kid === 'string' ? key.kid : '';
    const reason = keys.has(kid) ? 'another key has the same id' : faultOf(key);
    if (reason === undefined) keys.set(kid, key as unknown as PublicKey);
    else ignored.push({ kid, reason });
  }
  return { keys: [...keys.values()], ignored };
}

function publicPartOf(jwk: unknown): Record<string, unknown> {
  const given = typeof jwk === 'object' && jwk !== null ? (jwk as Record<string, unknown>) : {};
  const members = MEMBERS.filter((member) => given[member] !== undefined);
  return Object.fromEntries(members.map((member) => [member, given[member]]));
}

/** Why a key cannot stand in a bundle: the readers' own check. */
function faultOf(key: Record<string, unknown>): string | undefined {
  if (key.use !== undefined && key.use !== 'sig') return 'not for signatures';
  const head = { kind: trustBundle.kind, version: CONTRACT_VERSION };
  const bundle = { ...head, cluster: { issuer: 'cluster', keys: [key] }, gateways: [] };
  try {
    TrustedKeys.from(parseValue(trustBundle.schema, bundle, trustBundle.file));
    return undefined;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return error.faults.map(({ path, message }) => `${path.replace('$.cluster.keys[0]', 'key')} ${message}`).join('; ');
  }
}
