/** What is wrong with a pod: no connection comes about, or what comes of its connections is no answer. */
export const POD_FAILURES = ['unreachable', 'failing'] as const;
export type PodFailure = (typeof POD_FAILURES)[number];

/** System errors of `connect` that say that the peer is not there. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT']);

/** Errors of a connection that broke. */
const BROKEN = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Errors of a certificate that does not count, and of TLS that does not come about: nothing was sent. */
const NO_TLS =
  /^(ERR_(TLS|SSL)_.+|(DEPTH_ZERO_)?SELF_SIGNED_CERT(_IN_CHAIN)?|CERT_.+|UNABLE_TO_(GET|VERIFY|DECODE)_.+)$/;

/** Error of a connection on which no HTTP came: undici gives it no code. */
const NO_HTTP = 'HTTPParserError';

/** What an error of a request says of the pod; absent for one that is about something else. */
export function podFailureOf(error: unknown): PodFailure | undefined {
  const { code = '', name, syscall } = error as NodeJS.ErrnoException;
  // No connection came about, so that the peer cannot have seen anything of the request.
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || (syscall === 'connect' && UNREACHABLE.has(code))) return 'unreachable';
  return BROKEN.has(code) || name === NO_HTTP || NO_TLS.test(code) ? 'failing' : undefined;
}
