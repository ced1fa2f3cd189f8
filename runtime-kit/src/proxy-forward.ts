import type { Dispatcher } from 'undici';
import { EgressProxyError } from './egress-proxy-error.js';
import { failureOf, proxyAuthorization } from './proxy-tunnel.js';
import { portOf } from './proxy-variables.js';

/** Header of an answer that Squid gives in its own name. */
const PROXY_ERROR_HEADER = 'x-squid-error';

type Headers = Dispatcher.DispatchOptions['headers'];

/**
 * Sends requests to plain http origins through a proxy in absolute form (RFC 9112, 3.2.2): the proxy sees and checks
 * the name, which it could not in a tunnel.
 *
 * @param proxyFor the proxy of an origin; absent when it is reached directly
 */
export function forwardThrough(proxyFor: (origin: URL) => URL | undefined): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const origin = new URL(options.origin ?? '');
    const proxy = origin.protocol === 'http:' ? proxyFor(origin) : undefined;
    if (proxy === undefined) return dispatch(options, handler);
    const absolute = {
      ...options,
      origin: proxy.origin,
      path: `${origin.origin}${options.path}`,
      headers: withHeaders(options.headers, { host: origin.host, ...proxyAuthorization(proxy) }),
    };
    return dispatch(absolute, telling(handler, `${origin.hostname}:${portOf(origin)}`));
  };
}

/** The handler, told of an answer that is the proxy's own, and of a proxy that cannot be reached, as an error. */
function telling(handler: Dispatcher.DispatchHandler, host: string): Dispatcher.DispatchHandler {
  const onResponseStart = handler.onResponseStart?.bind(handler);
  const onResponseError = handler.onResponseError?.bind(handler);
  handler.onResponseStart = (controller, status, headers, message) => {
    if (headers[PROXY_ERROR_HEADER] === undefined) {
      onResponseStart?.(controller, status, headers, message);
    } else {
      controller.abort(new EgressProxyError(failureOf(status), host, status));
    }
  };
  handler.onResponseError = (controller, error) => {
    const told = wasNotConnected(error)
      ? new EgressProxyError('egress-unreachable', host, undefined, { cause: error })
      : error;
    onResponseError?.(controller, told);
  };
  return handler;
}

function wasNotConnected(error: NodeJS.ErrnoException): boolean {
  return error.syscall === 'connect' || error.syscall === 'getaddrinfo' || error.code === 'UND_ERR_CONNECT_TIMEOUT';
}

/** Adds headers, which replace those of the same name, to whatever form undici takes them in. */
function withHeaders(headers: Headers, added: Readonly<Record<string, string>>): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of entriesOf(headers)) {
    if (value === undefined || Object.hasOwn(added, name.toLowerCase())) continue;
    result[name] = typeof value === 'string' ? value : [...value];
  }
  return { ...result, ...added };
}

type Header = readonly [name: string, value: string | readonly string[] | undefined];

function entriesOf(headers: Headers): Iterable<Header> {
  if (headers === undefined || headers === null) return [];
  if (Array.isArray(headers)) {
    return headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]] as const] : []));
  }
  return Symbol.iterator in headers ? (headers as Iterable<Header>) : (Object.entries(headers) as Header[]);
}
