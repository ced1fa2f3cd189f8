import type { ServerResponse } from 'node:http';
import { ERAS, FORMS, METHODS, SIZES, type Era, type Form, type Method, type Size } from './cell';
import { textOf, toolsOf } from './known-tools';
import { MODERN } from './mcp-message';

/** Bytes before and after the id of the request. */
interface Bytes {
  readonly before: Buffer;
  readonly after: Buffer;
}

const TYPES: Readonly<Record<Form, string>> = { JSON: 'application/json', SSE: 'text/event-stream' };

/** The answers to all questions, made once: only the id is put in. */
const ANSWERS = new Map<string, Bytes>(
  METHODS.flatMap((method) =>
    ERAS.flatMap((era) =>
      SIZES.flatMap((size) =>
        FORMS.map((form) => [`${method} ${era} ${size} ${form}`, bytesOf(resultOf(method, era, size), form)] as const),
      ),
    ),
  ),
);

/** What is answered, and how. */
export interface UpstreamAnswer {
  readonly method: Method;
  readonly era: Era;
  readonly size: Size;
  readonly form: Form;
}

/** Sends the answer to a question. */
export function sendAnswer(response: ServerResponse, id: unknown, { method, era, size, form }: UpstreamAnswer): void {
  sendBytes(response, id, ANSWERS.get(`${method} ${era} ${size} ${form}`)!, form);
}

/** Sends a result that is not among those which are measured. */
export function sendResult(
  response: ServerResponse,
  id: unknown,
  era: Era,
  result: object,
  headers: object = {},
): void {
  response.writeHead(200, { 'content-type': TYPES.JSON, ...headers });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result: complete(era, result) }));
}

/** Begins a stream. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': TYPES.SSE, 'cache-control': 'no-cache' });
}

/** A message as an event of a stream. */
export function eventOf(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

/** What each result of an era says beside its content. */
export function complete(era: Era, result: object): object {
  return era === MODERN ? { ...result, resultType: 'complete' } : result;
}

function resultOf(method: Method, era: Era, size: Size): object {
  if (method === 'tools/call') return complete(era, { content: [{ type: 'text', text: textOf(size) }] });
  // What may be kept for some time would be measured as the cache that keeps it.
  return complete(era, { tools: toolsOf(size), ...(era === MODERN && { ttlMs: 0, cacheScope: 'private' }) });
}

function bytesOf(result: object, form: Form): Bytes {
  const before = '{"jsonrpc":"2.0","id":';
  const after = `,"result":${JSON.stringify(result)}}`;
  if (form === 'JSON') return { before: Buffer.from(before), after: Buffer.from(after) };
  return { before: Buffer.from(`event: message\ndata: ${before}`), after: Buffer.from(`${after}\n\n`) };
}

function sendBytes(response: ServerResponse, id: unknown, { before, after }: Bytes, form: Form): void {
  const body = Buffer.concat([before, Buffer.from(JSON.stringify(id)), after]);
  if (form === 'JSON') {
    response.writeHead(200, { 'content-type': TYPES.JSON, 'content-length': body.length }).end(body);
    return;
  }
  beginStream(response);
  response.write(body);
  response.end();
}
