import { createHash, randomBytes } from 'node:crypto';
import { API_KEY_PATTERN, CONTRACT_VERSION, type ApiKeyDocument } from 'agentyard/contract';

/** A key for one gateway of the local platform, valid as long as it runs. */
export interface LocalApiKey {
  /** What a client sends. */
  readonly key: string;
  /** What the gateway is given of it: the key's hash. */
  readonly document: ApiKeyDocument;
}

/** Makes a key of 256 random bits. @param user whom it stands for */
export function createLocalApiKey(user: string): LocalApiKey {
  const id = `local${randomBytes(4).toString('hex')}`;
  const key = `ay_${id}_${randomBytes(32).toString('base64url')}`;
  if (!API_KEY_PATTERN.test(key)) throw new Error('the generated key does not fit the contract');
  const sha256 = createHash('sha256').update(key).digest('hex');
  return { key, document: { kind: 'ApiKey', version: CONTRACT_VERSION, id, sha256, user, roles: [] } };
}
