import type { JWTPayload } from 'jose';
import { AuthFailure } from './auth-failure.js';

/** The header of a token, as it came. */
export type JwtHeader = Readonly<Record<string, unknown>>;

/** What the header may call an access token (RFC 7519, 5.1; RFC 9068, 2.1). Absent in tokens of some issuers. */
const HEADER_TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

/** What Keycloak calls an access token in its payload; others there are `ID`, `Refresh`, `Offline`, `Logout`, `DPoP`. */
const PAYLOAD_TYPE = 'bearer';

/** Claims that ID tokens alone have (OpenID Connect Core 1.0, 3.1.3.6 and 3.3.2.11). */
const ID_TOKEN_CLAIMS = ['at_hash', 'c_hash'];

/**
 * Refuses tokens of the issuer that are no access tokens: whom they are for is not the gateway, although it may be in
 * their audience (RFC 8725, 3.11).
 *
 * @throws AuthFailure `type-refused`
 */
export function refuseOtherKinds(header: JwtHeader, payload: JWTPayload): void {
  const isKnown = header.typ === undefined || (typeof header.typ === 'string' && HEADER_TYPES.has(lower(header.typ)));
  const isBearer =
    payload.typ === undefined || (typeof payload.typ === 'string' && lower(payload.typ) === PAYLOAD_TYPE);
  // Some Keycloaks repeat the nonce in access tokens, which call themselves that; elsewhere it is of ID tokens alone.
  const forClient = [...ID_TOKEN_CLAIMS, ...(payload.typ === undefined ? ['nonce'] : [])];
  if (isKnown && isBearer && !forClient.some((claim) => Object.hasOwn(payload, claim))) return;
  throw new AuthFailure('type-refused', { by: 'access-token', issuer: payload.iss });
}

function lower(text: string): string {
  return text.toLowerCase();
}
