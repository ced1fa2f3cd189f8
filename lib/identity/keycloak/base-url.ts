import type { SynthFault } from '../../errors/synth-error';
import { isSafe, plainUrl } from '../plain-url';

/** The base URL that a host name, or a URL, stands for; a fault for what is neither. */
export function baseUrlOf(text: string): URL | SynthFault {
  const whole = text.includes('://') ? text : `https://${text}`;
  const url = plainUrl(whole);
  if (url !== undefined && isSafe(url) && !/[\s?#*]/.test(whole)) return url;
  return {
    message: `"${text}" is no host name or base URL of a Keycloak`,
    remedy: 'Give a host name such as sso.example.com, or an https URL of host and path; http is for loopback alone',
  };
}

/** The text of a base URL, without an end in `/`. */
export function baseText({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** The URL of a realm, which is the issuer of its tokens. */
export function realmUrl(base: URL, realm: string): string {
  return `${baseText(base)}/realms/${realm}`;
}

/** Where a realm is asked about tokens (RFC 7662), below its URL. */
export function introspectionUrl(base: URL, realm: string): string {
  return `${realmUrl(base, realm)}/protocol/openid-connect/token/introspect`;
}

/** Where a realm gives out tokens, below its URL. */
export function tokenUrl(base: URL, realm: string): string {
  return `${realmUrl(base, realm)}/protocol/openid-connect/token`;
}

/** Where the public keys of a realm are, below its URL. */
export function jwksUrl(base: URL, realm: string): string {
  return `${realmUrl(base, realm)}/protocol/openid-connect/certs`;
}
