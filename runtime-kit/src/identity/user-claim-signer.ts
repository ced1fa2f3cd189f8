import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import {
  ContractError,
  foreignUserClaim,
  parseValue,
  signingKeys,
  USER_CLAIM_ALGORITHM,
  USER_CLAIM_TYPE,
  userClaim,
  type Fault,
  type ForeignUserClaim,
  type PublicKey,
  type SigningKeys,
  type UserClaim,
} from 'agentyard/contract';
import { MountedDocument, type PollOptions } from './mounted-document.js';
import { MAX_CLAIM_LIFETIME_S } from './user-claim-check.js';

interface SigningKey {
  /** Protected header of what it signs, as it stands in the JWT. */
  readonly header: string;
  readonly key: KeyObject;
  /** Its public part. */
  readonly jwk: PublicKey;
  /** Milliseconds since the epoch. */
  readonly usableFrom: number;
}

/** Signs the user claims of a gateway, with the one of its keys that became usable last. */
export class UserClaimSigner {
  private constructor(private readonly document: MountedDocument<typeof signingKeys, readonly SigningKey[]>) {}

  /** @param directory local directory of the signing keys, which are read again while it is open */
  public static async open(directory: string, options: PollOptions): Promise<UserClaimSigner> {
    return new UserClaimSigner(await MountedDocument.open(signingKeys, directory, keysOf, options));
  }

  /** Why nothing can be signed now, for readiness. */
  public unready(): string | undefined {
    if (this.document.value === undefined) return this.document.missing;
    return this.key === undefined ? `${signingKeys.file}: no key is usable yet` : undefined;
  }

  /**
   * Signs a claim that is valid from now on.
   *
   * @param lifetimeMs how long; cut to the longest that is accepted
   * @throws ContractError for a claim that no callee would accept; Error if there is no key
   */
  public sign(claims: Omit<UserClaim, 'iat' | 'exp'>, lifetimeMs: number): Promise<string> {
    return new Promise((resolve) => resolve(this.signed(userClaim, claims, lifetimeMs)));
  }

  /**
   * Signs a claim for a server that is not ours.
   *
   * @throws as `sign`
   */
  public signForeign(claims: Omit<ForeignUserClaim, 'iat' | 'exp'>, lifetimeMs: number): Promise<string> {
    return new Promise((resolve) => resolve(this.signed(foreignUserClaim, claims, lifetimeMs)));
  }

  /** The keys by which claims are checked, those among them that are yet to sign (RFC 7517, 5). */
  public get publicKeys(): { readonly keys: readonly PublicKey[] } {
    return { keys: (this.document.value ?? []).map(({ jwk }) => jwk) };
  }

  public close(): void {
    this.document.close();
  }

  private get key(): SigningKey | undefined {
    const now = Date.now();
    return this.document.value?.find(({ usableFrom }) => usableFrom <= now);
  }

  /** By hand and synchronously, since every call of a gateway pays for it. JWS compact serialization, RFC 7515, 7.1. */
  private signed(
    schema: typeof userClaim | typeof foreignUserClaim,
    claims: Omit<UserClaim | ForeignUserClaim, 'iat' | 'exp'>,
    lifetimeMs: number,
  ): string {
    const { key } = this;
    if (key === undefined) throw new Error(`user claims cannot be signed: ${this.unready()}`);
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + Math.min(Math.ceil(lifetimeMs / 1000), MAX_CLAIM_LIFETIME_S);
    const claim = parseValue(schema, { ...claims, iat, exp }, 'user claim');
    const input = `${key.header}.${base64url(claim)}`;
    return `${input}.${sign(null, Buffer.from(input), key.key).toString('base64url')}`;
  }
}

/** @returns newest first. @throws ContractError with every key that cannot be used */
function keysOf({ keys }: SigningKeys): SigningKey[] {
  const faults: Fault[] = [];
  const usable = keys.flatMap((jwk, i) => {
    const key = importKey(jwk);
    if (key === undefined) faults.push({ path: `$.keys[${i}]`, message: 'is no pair of Ed25519 keys' });
    const header = base64url({ alg: USER_CLAIM_ALGORITHM, kid: jwk.kid, typ: USER_CLAIM_TYPE });
    return key === undefined ? [] : [{ header, key, jwk: publicPart(jwk), usableFrom: Date.parse(jwk.usableFrom) }];
  });
  if (faults.length > 0) throw new ContractError(signingKeys.file, faults);
  return usable.sort((a, b) => b.usableFrom - a.usableFrom);
}

/** Node.js does not look at the public part, but those who check have only that. */
function importKey({ x, d }: SigningKeys['keys'][number]): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' });
    return createPublicKey(key).export({ format: 'jwk' }).x === x ? key : undefined;
  } catch {
    return undefined;
  }
}

function publicPart({ kid, x }: SigningKeys['keys'][number]): PublicKey {
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: USER_CLAIM_ALGORITHM, use: 'sig' };
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
