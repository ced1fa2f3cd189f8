import { IssuerFault } from '../auth/json-source.js';

/** What a token may be made of in a header (`b64token`, RFC 6750, 2.1), and how long it may be. */
const BEARER_TOKEN = /^[\w.~+/-]{1,16000}=*$/;

/** How long a token counts whose issuer does not say, and at most: in seconds. */
const UNSAID_SECONDS = 60;
const MOST_SECONDS = 3_600;

/** What may come of an exchange: an access token, whichever form it has (RFC 8693, 3). */
const ACCESS_TOKEN_TYPES: readonly unknown[] = [
  undefined,
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
];

/** A token that an authorization server has issued to the gateway. */
export interface IssuedToken {
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Reads the answer of a token endpoint (RFC 6749, 5.1; RFC 8693, 2.2.1).
 *
 * @param askedAt when it was asked, in milliseconds since the epoch
 * @throws IssuerFault which says nothing of what was sent
 */
export function issuedToken(answer: unknown, askedAt: number): IssuedToken {
  if (typeof answer !== 'object' || answer === null) throw new IssuerFault('its answer is no JSON object');
  const members = answer as Readonly<Record<string, unknown>>;
  const { access_token: text, token_type: type, issued_token_type: issued, expires_in: seconds } = members;
  if (typeof text !== 'string' || !BEARER_TOKEN.test(text)) {
    throw new IssuerFault('its answer has no access token that a header could carry');
  }
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer' || !ACCESS_TOKEN_TYPES.includes(issued)) {
    throw new IssuerFault('what it issues is no bearer token');
  }
  return { text, expiresAt: askedAt + lifetime(seconds) * 1_000 };
}

/** Some servers send it as a text. */
function lifetime(seconds: unknown): number {
  if (seconds === undefined) return UNSAID_SECONDS;
  const number = typeof seconds === 'string' && /^\d{1,12}$/.test(seconds) ? Number(seconds) : seconds;
  if (typeof number !== 'number' || !(number >= 0)) throw new IssuerFault('its "expires_in" is no number of seconds');
  return Math.min(number, MOST_SECONDS);
}
