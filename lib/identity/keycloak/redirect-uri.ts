import type { SynthFault } from '../../errors/synth-error';
import { isLoopback, isSafe } from '../plain-url';

/** Schemes that a browser runs or reads itself, and hands to no app. */
const BROWSER_SCHEMES = ['about:', 'blob:', 'data:', 'file:', 'filesystem:', 'javascript:', 'vbscript:', 'ws:', 'wss:'];

/**
 * What is wrong with a redirect URI. They are compared letter by letter (RFC 9700, section 2.1); only the port of a
 * loopback address is free, RFC 8252, section 7.3.
 */
export function redirectUriFault(uri: string): SynthFault | undefined {
  const reason = reasonAgainst(uri);
  if (reason === undefined) return undefined;
  return {
    message: `the redirect URI "${uri}" ${reason}`,
    remedy:
      'Give the whole https URI that the client is called back at; http is for http://127.0.0.1/... and http://localhost/... alone',
  };
}

function reasonAgainst(uri: string): string | undefined {
  // URLs lose or encode these when they are read, and Keycloak compares what is written.
  if (/[\s\p{Cc}]/u.test(uri)) return 'has white space or a control character';
  if (!URL.canParse(uri)) return 'is no absolute URI';
  const url = new URL(uri);
  if (uri.includes('*')) return 'has a wildcard, with which others could receive the code';
  if (uri.includes('#')) return 'has a fragment';
  if (uri.includes('${')) return 'has a "${", which Keycloak would take for a variable';
  if (url.username + url.password !== '') return 'has a user name or password';
  if (BROWSER_SCHEMES.includes(url.protocol)) return `is one that browsers open themselves (${url.protocol})`;
  if (url.protocol === 'http:' && !isLoopback(url)) return 'is not encrypted';
  return undefined;
}

/** Origins of the web pages that redirect URIs belong to, each once. */
export function originsOf(redirectUris: readonly string[]): string[] {
  const urls = redirectUris.map((uri) => new URL(uri)).filter(({ protocol }) => /^https?:$/.test(protocol));
  return [...new Set(urls.map(({ origin }) => origin))].sort();
}

/** What is wrong with an origin that may call Keycloak from a web page. */
export function originFault(origin: string): SynthFault | undefined {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url !== undefined && isSafe(url) && url.origin === origin && !origin.includes('*')) return undefined;
  return {
    message: `"${origin}" is no origin of a web page`,
    remedy: 'Give scheme, host and port, for example https://app.example.com; http is for loopback alone',
  };
}
