import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  CONTRACT_VERSION,
  ContractError,
  parseDocument,
  signingKeys,
  USER_CLAIM_ALGORITHM,
  type Fault,
  type PublicKey,
  type PublishedKey,
  type SigningKeys,
  type TrustDocument,
} from 'agentyard/contract';

type SigningKey = SigningKeys['keys'][number];

/** A key pair that is not in force yet. */
export type NewKey = Omit<SigningKey, 'usableFrom'>;

/** Makes a key pair of Ed25519 (RFC 8037). */
export function newKey(): NewKey {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { kid: randomUUID(), x, d };
}

/** What is published of a key pair. */
export function publicPartOf({ kid, x }: NewKey): PublicKey {
  return { kty: 'OKP', kid, alg: USER_CLAIM_ALGORITHM, use: 'sig', crv: 'Ed25519', x };
}

/** The signing keys of a gateway. The one that became usable last signs; the others are before or after it. */
export class GatewayKeys {
  /** @throws ContractError with every key that cannot sign; without the text, which is secret */
  public static read(text: string): GatewayKeys {
    const { keys } = parsed(text);
    const faults: Fault[] = keys.flatMap((key, i) => {
      if (!isPair(key)) return [{ path: `$.keys[${i}]`, message: 'is no pair of Ed25519 keys' }];
      const first = keys.findIndex(({ kid }) => kid === key.kid);
      return first === i ? [] : [{ path: `$.keys[${i}].kid`, message: 'is listed twice' }];
    });
    if (faults.length > 0) throw new ContractError(signingKeys.file, faults);
    return new GatewayKeys(keys);
  }

  public constructor(private readonly keys: readonly SigningKey[] = []) {}

  public get isEmpty(): boolean {
    return this.keys.length === 0;
  }

  /** Whether a key has to be published now, to sign when the newest has reached its age. */
  public needsSuccessor(now: number, { everyMs, leadMs }: TrustDocument['rotation']): boolean {
    const newest = Math.max(...this.keys.map(usableFromOf));
    return newest + everyMs <= now + leadMs;
  }

  /** What is published of them; those with a successor count for some time after it has begun to sign. */
  public published(now: number, keepMs: number): PublishedKey[] {
    return this.inForce(now, keepMs).map((key) => {
      const expiry = this.expiryOf(key, keepMs);
      const expiresAt = expiry === undefined ? {} : { expiresAt: new Date(expiry).toISOString() };
      return { ...publicPartOf(key), ...expiresAt };
    });
  }

  /**
   * Without those whose claims have all run out, and with a key that is published by now. A first key signs at once,
   * since no other can; one that follows when all who check have it.
   */
  public renewed(next: NewKey | undefined, now: number, { leadMs, keepMs }: TrustDocument['rotation']): GatewayKeys {
    const usableFrom = new Date(this.isEmpty ? now : now + leadMs).toISOString();
    return new GatewayKeys([...this.inForce(now, keepMs), ...(next === undefined ? [] : [{ ...next, usableFrom }])]);
  }

  /** Those that are not among others. */
  public without(others: GatewayKeys): readonly Pick<SigningKey, 'kid' | 'usableFrom'>[] {
    return this.keys.filter(({ kid }) => !others.keys.some((key) => key.kid === kid));
  }

  public get text(): string {
    const document: SigningKeys = { kind: 'SigningKeys', version: CONTRACT_VERSION, keys: [...this.keys] };
    return JSON.stringify(document, null, 2);
  }

  private inForce(now: number, keepMs: number): SigningKey[] {
    return this.keys.filter((key) => (this.expiryOf(key, keepMs) ?? Infinity) > now);
  }

  private expiryOf(key: SigningKey, keepMs: number): number | undefined {
    const later = this.keys.map(usableFromOf).filter((usableFrom) => usableFrom > usableFromOf(key));
    return later.length === 0 ? undefined : Math.min(...later) + keepMs;
  }
}

function usableFromOf({ usableFrom }: SigningKey): number {
  return Date.parse(usableFrom);
}

/** The words of the JSON parser would repeat what it has read. */
function parsed(text: string): SigningKeys {
  try {
    return parseDocument(signingKeys, text);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const faults = error.faults.map(({ path, message }) => ({
      path,
      message: message.startsWith('not JSON') ? 'is not JSON' : message,
    }));
    throw new ContractError(signingKeys.file, faults);
  }
}

function isPair({ x, d }: SigningKey): boolean {
  try {
    const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' });
    return createPublicKey(key).export({ format: 'jwk' }).x === x;
  } catch {
    return false;
  }
}
