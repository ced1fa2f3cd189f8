import type { SynthFault } from '../../errors/synth-error';

/** Hosts by which only the own machine is meant. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL is of the own machine, where plain HTTP leaves no wire to listen at. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

/** The base URL that a host name, or a URL, stands for; a fault for what is neither. */
export function baseUrlOf(text: string): URL | SynthFault {
  const whole = text.includes('://') ? text : `https://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url !== undefined && isPlain(url, whole) && (url.protocol === 'https:' || isPlainLoopback(url))) return url;
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

/** Where the public keys of a realm are, below its URL. */
export function jwksUrl(base: URL, realm: string): string {
  return `${realmUrl(base, realm)}/protocol/openid-connect/certs`;
}

const isPlainLoopback = (url: URL) => url.protocol === 'http:' && isLoopback(url);

const isPlain = ({ username, password, search, hash }: URL, text: string) =>
  username + password + search + hash === '' && !/[\s?#*]/.test(text);
