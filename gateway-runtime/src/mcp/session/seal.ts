import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealingKeys } from '@agentyard/runtime-kit';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;

/** As many characters of Base64 as have the id of the key. */
const KEY_ID_CHARS = 8;

/**
 * Texts that this gateway gives to others to keep: encrypted and authenticated (AES-256-GCM, NIST SP 800-38D), readable
 * to all replicas, and after a restart. Visible ASCII.
 */
export class Seal {
  public constructor(private readonly keys: SealingKeys) {}

  /**
   * @param bound what has to be the same when it is opened
   * @throws Error if there is no key
   */
  public close(text: string, bound: string): string {
    const { id, key } = this.keys.current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(bound));
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([id, nonce, encrypted, cipher.getAuthTag()]).toString('base64url');
  }

  /** Id of the key of a text that was opened. It may be kept: it is no part of a buffer of many. */
  public keyIdOf(sealed: string): Buffer {
    const id = Buffer.allocUnsafeSlow(KEY_ID_BYTES);
    Buffer.from(sealed.slice(0, KEY_ID_CHARS), 'base64url').copy(id);
    return id;
  }

  /** Whether there is still a key. */
  public hasKey(id: Buffer): boolean {
    return this.keys.find(id) !== undefined;
  }

  /** The text; absent if it is not ours, bound to something else, or of a key that is gone. */
  public open(sealed: string, bound: string): string | undefined {
    if (!/^[A-Za-z0-9_-]+$/.test(sealed)) return undefined;
    const bytes = Buffer.from(sealed, 'base64url');
    // Bits behind the last byte would count for nothing, and one text have several spellings.
    if (bytes.toString('base64url') !== sealed) return undefined;
    if (bytes.length < KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES) return undefined;
    const key = this.keys.find(bytes.subarray(0, KEY_ID_BYTES));
    if (key === undefined) return undefined;
    const nonce = bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, key, nonce)
        .setAAD(Buffer.from(bound))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const encrypted = bytes.subarray(KEY_ID_BYTES + NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}
