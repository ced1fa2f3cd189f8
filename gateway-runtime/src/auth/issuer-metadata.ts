import type { TokenIssuer } from 'agentyard/contract';
import { IssuerFault, type GetJson } from './json-source.js';

/**
 * Where the keys of an issuer are: as the gateway's document says, else as the issuer's own metadata do (OpenID Connect
 * Discovery 1.0, 4; RFC 8414, 3 when it has none of that kind). Metadata lead nowhere but to the issuer itself: nobody
 * else may say what the gateway reaches (MCP, Security Best Practices, "Server-Side Request Forgery").
 *
 * @throws IssuerFault
 */
export async function jwksUriOf({ issuer, jwksUri }: IssuerName, get: GetJson): Promise<string> {
  if (jwksUri !== undefined) return jwksUri;
  let answer = await get(openIdConfigurationUrl(issuer));
  if (answer.status === 404) answer = await get(authorizationServerUrl(issuer));
  if (answer.status !== 200) throw new IssuerFault(`its metadata were answered with ${answer.status}`);
  const metadata = answer.value as Readonly<Record<string, unknown>> | null | undefined;
  if (typeof metadata !== 'object' || metadata === null) throw new IssuerFault('its metadata are not JSON');
  // Else one issuer could have another one's tokens checked by its keys.
  if (metadata.issuer !== issuer) throw new IssuerFault('its metadata are those of another issuer');
  return usableUri(metadata.jwks_uri, issuer);
}

export type IssuerName = Pick<TokenIssuer, 'issuer' | 'jwksUri'>;

function usableUri(uri: unknown, issuer: string): string {
  const url = typeof uri === 'string' ? URL.parse(uri) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== '') {
    throw new IssuerFault('the jwks_uri of its metadata is no http or https URL');
  }
  if (url.origin !== new URL(issuer).origin) {
    throw new IssuerFault('the jwks_uri of its metadata is of another origin than the issuer: name it as jwksUri');
  }
  return url.href;
}

/** OpenID Connect Discovery 1.0, 4.1: behind the path. */
function openIdConfigurationUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** RFC 8414, 3.1: before the path. */
function authorizationServerUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
}
