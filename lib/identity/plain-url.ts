/** Hosts by which only the own machine is meant. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL is of the own machine, where plain HTTP leaves no wire to listen at. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

/** Whether what is sent to a URL cannot be listened to: https, or http to the own machine. */
export function isSafe(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** A URL without user, query and fragment; undefined for what is none. */
export function plainUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && url.username + url.password + url.search + url.hash === '' ? url : undefined;
}
