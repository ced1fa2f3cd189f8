import { isUnconnected } from '@agentyard/runtime-kit';

/** What is wrong with a pod: no connection comes about, or what comes of its connections is no answer. */
export const POD_FAILURES = ['unreachable', 'failing'] as const;
export type PodFailure = (typeof POD_FAILURES)[number];

/** System errors of `connect` that say that the peer is not there, or just ends; others are about this machine. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT']);

/** Errors of a connection that broke. */
const BROKEN = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Errors of TLS once there is a connection, such as a certificate of ours that is refused. */
const TLS_BROKEN = /^ERR_(TLS|SSL)_/;

/** Error of a connection on which no HTTP came: undici gives it no code. */
const NO_HTTP = 'HTTPParserError';

/**
 * What an error of a request says of the pod; absent for one that is about something else. With one that is unreachable
 * no connection came about, TLS included, so that it cannot have seen anything of the request.
 */
export function podFailureOf(error: unknown): PodFailure | undefined {
  const { code = '', name, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'connect') return UNREACHABLE.has(code) ? 'unreachable' : undefined;
  if (isUnconnected(error)) return 'unreachable';
  return BROKEN.has(code) || name === NO_HTTP || TLS_BROKEN.test(code) ? 'failing' : undefined;
}
