import { errors } from 'undici';

/** Headers that are about the connection and the body, which are set here. */
const OF_CONNECTION = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** What a value may not have in it: the end of a line above all (RFC 9110, 5.5). */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;
/** Methods whose requests say so if they have no body (RFC 9110, 8.6). */
const EXPECT_BODY = new Set(['POST', 'PUT', 'PATCH']);
const PATH = /^\/[\x21-\x7e]*$/;

/** A request, but for its body. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** Host and port. */
  readonly host: string;
  /** Usual ones. */
  readonly headers: Readonly<Record<string, string>>;
  /** Length of the body in bytes. */
  readonly length: number;
}

/** Names that were seen to be usual; there are few. */
const usualNames = new Set<string>();
const MOST_USUAL = 200;

/** Whether a head can have these: names as they should be, and none that is about the connection or the body. */
export function areUsual(headers: Readonly<Record<string, unknown>>): headers is Readonly<Record<string, string>> {
  for (const name in headers) {
    if (typeof headers[name] !== 'string' || !(usualNames.has(name) || isUsual(name))) return false;
  }
  return true;
}

function isUsual(name: string): boolean {
  if (!NAME.test(name) || OF_CONNECTION.has(name.toLowerCase())) return false;
  if (usualNames.size < MOST_USUAL) usualNames.add(name);
  return true;
}

/**
 * The head of a request as it is sent, in Latin-1 (RFC 9112, 3).
 *
 * @throws InvalidArgumentError for what could be read as something else
 */
export function requestHead({ method, path, host, headers, length }: RequestHead): string {
  if (!PATH.test(path)) throw new errors.InvalidArgumentError('invalid request path');
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const name in headers) {
    const value = headers[name] as string;
    if (FORBIDDEN.test(value)) throw new errors.InvalidArgumentError(`invalid ${name} header`);
    text += `${name}: ${value}\r\n`;
  }
  const hasLength = length > 0 || EXPECT_BODY.has(method);
  return hasLength ? `${text}content-length: ${length}\r\n\r\n` : `${text}\r\n`;
}
