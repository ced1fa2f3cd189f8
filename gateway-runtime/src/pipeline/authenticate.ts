import type { IncomingHttpHeaders } from 'node:http';
import { HttpProblem } from '@agentyard/runtime-kit';
import type { ApiKeyDirectory } from '../auth/api-key-directory.js';
import { idOf, isValidKey, presentedKey } from '../auth/api-key.js';

/** User of every request when the gateway asks for no credentials. */
export const ANONYMOUS = 'anonymous';

const CHALLENGE = { 'www-authenticate': 'Bearer realm="agentyard"' };

/**
 * Finds out who calls.
 *
 * @param keys the keys that count; absent: the gateway asks for no credentials
 * @returns the user
 * @throws HttpProblem `auth-missing`; `auth-invalid`, in the same words for an unknown, wrong, expired or revoked key
 */
export function authenticate(headers: IncomingHttpHeaders, keys: ApiKeyDirectory | undefined): string {
  if (keys === undefined) return ANONYMOUS;
  const presented = presentedKey(headers);
  if (presented === undefined) {
    throw new HttpProblem(
      'auth-missing',
      'Send an API key as "Authorization: Bearer <key>" or "x-api-key: <key>".',
      undefined,
      CHALLENGE,
    );
  }
  const known = keys.find(idOf(presented));
  if (!isValidKey(presented, known, Date.now()) || known === undefined) {
    throw new HttpProblem('auth-invalid', 'The API key is unknown, expired or revoked.', undefined, CHALLENGE);
  }
  return known.user;
}
