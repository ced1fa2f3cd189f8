import { hkdfSync } from 'node:crypto';
import { signingKeys, type SigningKeys } from 'agentyard/contract';
import { MountedDocument, type PollOptions } from './mounted-document.js';

/** A key of AES-256, and the four bytes by which it is found. */
export interface SealingKey {
  readonly id: Buffer;
  readonly key: Buffer;
}

interface TimedKey extends SealingKey {
  /** Milliseconds since the epoch. */
  readonly usableFrom: number;
}

/** What they are derived for (RFC 5869, 3.2). */
const PURPOSE = 'agentyard sealing key v1';

/**
 * Keys with which the replicas of a gateway seal what clients keep for them. Each is derived from a signing key
 * (HKDF-SHA256, RFC 5869), so that they are made, spread and renewed together: the next one is known to all replicas
 * before it seals, the one before still opens.
 */
export class SealingKeys {
  private constructor(private readonly document: MountedDocument<typeof signingKeys, readonly TimedKey[]>) {}

  /** @param directory local directory of the signing keys, which are read again while it is open */
  public static async open(directory: string, options: PollOptions): Promise<SealingKeys> {
    return new SealingKeys(await MountedDocument.open(signingKeys, directory, keysOf, options));
  }

  /** The one that seals. @throws Error if there is none */
  public get current(): SealingKey {
    const now = Date.now();
    const key = this.document.value?.find(({ usableFrom }) => usableFrom <= now);
    if (key === undefined) throw new Error(`${signingKeys.file}: no key is usable yet`);
    return key;
  }

  /** The key of an id; absent if it is gone. */
  public find(id: Buffer): Buffer | undefined {
    return this.document.value?.find((key) => key.id.equals(id))?.key;
  }

  public close(): void {
    this.document.close();
  }
}

/** @returns newest first */
function keysOf({ keys }: SigningKeys): TimedKey[] {
  return keys
    .map(({ d, usableFrom }) => {
      const bytes = Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', PURPOSE, 36));
      return { id: bytes.subarray(0, 4), key: bytes.subarray(4), usableFrom: Date.parse(usableFrom) };
    })
    .sort((a, b) => b.usableFrom - a.usableFrom);
}
