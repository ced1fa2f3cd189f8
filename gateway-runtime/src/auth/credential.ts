import type { IncomingMessage } from 'node:http';
import { DEMO_TOKEN } from 'agentyard/contract';
import { AuthFailure } from './auth-failure.js';
import type { CredentialForm } from './caller.js';

/** Longest credential that is read, in characters. Tokens of real issuers with many roles have some 4 kB. */
const MAX_LENGTH = 8_192;

/** Three parts of base64url (RFC 7515, 3.1). The last may be empty: so is the signature of `alg: none`. */
const JWS = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** What a bearer token may be made of (`b64token`, RFC 6750, 2.1). */
const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/** Parameters of a URL that clients put credentials into (RFC 6750, 2.3, and the habits of API keys). */
const URL_PARAMETERS = new Set(['access_token', 'api_key', 'apikey', 'api-key', 'authorization', 'token', 'x-api-key']);

/** What a request shows to be let in. */
export interface Credential {
  /** `opaque-token`: an access token that is no JWT. */
  readonly form: CredentialForm | 'opaque-token';
  readonly text: string;
}

/**
 * The credential of a request: `Authorization: Bearer`, else an API key as `x-api-key`. Its form says which one it is.
 *
 * @throws AuthFailure `missing`, `too-large`, `malformed`
 */
export function presentedCredential({ headers }: Pick<IncomingMessage, 'headers'>): Credential {
  const key = headers['x-api-key'];
  if (headers.authorization !== undefined) {
    if (headers.authorization.length > MAX_LENGTH) throw new AuthFailure('too-large');
    return credentialOf(/^Bearer +(\S+)$/i.exec(headers.authorization)?.[1] ?? '');
  }
  if (key === undefined) throw new AuthFailure('missing');
  // API keys alone have this header; whatever else it holds is taken for a wrong one.
  return { form: 'api-key', text: String(key) };
}

/** Whether a request shows anything to be let in. */
export function hasCredential({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.authorization !== undefined || headers['x-api-key'] !== undefined;
}

function credentialOf(text: string): Credential {
  if (text === DEMO_TOKEN) return { form: 'demo-token', text };
  if (text.startsWith('ay_')) return { form: 'api-key', text };
  if (JWS.test(text)) return { form: 'access-token', text };
  if (BEARER_TOKEN.test(text)) return { form: 'opaque-token', text };
  throw new AuthFailure('malformed');
}

/** Whether a URL has a credential among its parameters, whatever else the request shows. */
export function hasCredentialInUrl(url = '/'): boolean {
  const start = url.indexOf('?');
  if (start === -1) return false;
  for (const name of new URLSearchParams(url.slice(start + 1)).keys()) {
    if (URL_PARAMETERS.has(name.toLowerCase())) return true;
  }
  return false;
}
