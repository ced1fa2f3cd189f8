import { createHash, randomBytes } from 'node:crypto';
import { API_KEY_PATTERN, apiKeyDocument, CONTRACT_VERSION, parseValue, type ApiKeyDocument } from 'agentyard/contract';
import type { Expiry } from './expiry.js';
import { utc } from './time.js';

/** Whom a key stands for. */
export type KeyHolder = Pick<ApiKeyDocument, 'user' | 'roles'>;

/** A key that was just made. */
export interface NewKey {
  /** What a client sends; it is kept nowhere. */
  readonly key: string;
  /** What the gateway is given: its hash. */
  readonly document: ApiKeyDocument;
}

/** Makes a key of 256 random bits. */
export function newKey({ user, roles }: KeyHolder, now: number, { at }: Expiry): NewKey {
  // A letter first, since tools for YAML take `123e4` for a number.
  const id = `k${randomBytes(8).toString('hex')}`;
  const key = `ay_${id}_${randomBytes(32).toString('base64url')}`;
  if (!API_KEY_PATTERN.test(key)) throw new Error('the generated key does not fit the contract');
  const sha256 = createHash('sha256').update(key).digest('hex');
  const head = { kind: apiKeyDocument.kind, version: CONTRACT_VERSION, id, sha256 };
  const times = { createdAt: utc(now), ...(at !== undefined && { expiresAt: utc(at) }) };
  return { key, document: parseValue(apiKeyDocument.schema, { ...head, user, roles, ...times }, id) };
}
