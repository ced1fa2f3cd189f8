import type { IncomingHttpHeaders } from 'node:http';
import { ERROR_CODES, RpcError, type RpcRequest } from './json-rpc.js';

/** Which member of the parameters `Mcp-Name` repeats, by method (MCP 2026-07-28, Streamable HTTP, "Standard Headers"). */
export const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/** A value that is no plain text in a header (MCP 2026-07-28, Streamable HTTP, "Value Encoding"). */
const PREFIX = '=?base64?';
const SUFFIX = '?=';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A number, which may be written in several ways. */
const DECIMAL = /^-?\d+(?:\.\d+)?$/;

const UNREADABLE = 'has characters that need Base64 of UTF-8, or is not what it says';

/** A header that may come once. Node has taken the white space around it off, and joined what came more than once. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Refuses a revision in the header that is another than the body's. @throws RpcError -32020 */
export function refuseOtherRevision(named: string, body: string): never {
  throw mismatch(named, `MCP-Protocol-Version says ${named}, the body ${body}`);
}

/** @throws RpcError -32020 if `Mcp-Method` is there and says another method than the body */
export function refuseOtherMethod(headers: IncomingHttpHeaders, method: string): void {
  const named = headerOf(headers, 'mcp-method');
  if (named !== undefined && named !== method) throw mismatch(named, `Mcp-Method says ${named}, the body ${method}`);
}

/** @throws RpcError -32020 for headers that a request lacks, and for a name that is another than the body's */
export function refuseOtherHeaders(headers: IncomingHttpHeaders, { method, params }: RpcRequest): void {
  for (const name of ['mcp-protocol-version', 'mcp-method']) {
    if (headers[name] === undefined) throw mismatch(undefined, `the header ${name} is missing`);
  }
  const member = NAMED_BY.get(method);
  if (member === undefined) return;
  const value = params?.[member];
  const named = headerOf(headers, 'mcp-name');
  if (named === undefined) {
    if (typeof value === 'string') throw mismatch(undefined, 'the header mcp-name is missing');
    return;
  }
  const decoded = decodedHeader(named);
  if (decoded === undefined) throw mismatch(named, `Mcp-Name ${UNREADABLE}`);
  if (typeof value === 'string' && decoded !== value) throw mismatch(named, `Mcp-Name is not params.${member}`);
}

/**
 * Refuses a header that is not the argument that it repeats; an argument that is not there has none.
 *
 * @throws RpcError -32020
 */
export function refuseOtherArgument(headers: IncomingHttpHeaders, name: string, argument: unknown): void {
  const named = headerOf(headers, name);
  const value = typeof argument === 'number' || typeof argument === 'boolean' ? String(argument) : argument;
  if (named === undefined) {
    if (typeof value === 'string') throw mismatch(undefined, `the header ${name} is missing`);
    return;
  }
  const decoded = decodedHeader(named);
  if (decoded === undefined) throw mismatch(named, `${name} ${UNREADABLE}`);
  const isSame =
    typeof argument === 'number' && DECIMAL.test(decoded) ? Number(decoded) === argument : decoded === value;
  if (!isSame) throw mismatch(named, `${name} is not the argument that it repeats`);
}

/** The text of a header's value; absent if it is said to be encoded, and is not, or if it had to be. */
export function decodedHeader(value: string): string | undefined {
  if (!isEncoded(value)) return isPlain(value) ? value : undefined;
  const encoded = value.slice(PREFIX.length, -SUFFIX.length);
  if (!BASE64.test(encoded)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}

function isEncoded(value: string): boolean {
  return value.length >= PREFIX.length + SUFFIX.length && value.startsWith(PREFIX) && value.endsWith(SUFFIX);
}

/** Whether it has visible ASCII, spaces and tabs alone (RFC 9110, 5.5). */
function isPlain(value: string): boolean {
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code > 0x7e || (code < 0x20 && code !== 0x09)) return false;
  }
  return true;
}

/** The value of a header for a text, encoded where it has to be. */
export function encodedHeader(text: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !isEncoded(text)) return text;
  return `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}

function mismatch(header: string | undefined, text: string): RpcError {
  return new RpcError(ERROR_CODES.headerMismatch, text, { header: header ?? null }, 400);
}
