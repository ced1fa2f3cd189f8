import type { IncomingMessage } from 'node:http';
import { checkValue, ContractError } from 'agentyard/contract';
import { HttpProblem } from './http-problem.js';
import { refuseExcessiveJson, USUAL_JSON_LIMITS, type JsonLimits } from './json-limits.js';

type SchemaOf<T> = Parameters<typeof checkValue>[0] & { readonly _zod: { readonly output: T } };

const NOTHING = Buffer.alloc(0);

/** JSON is in UTF-8 (RFC 8259, 8.1); a byte order mark is left out. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a body of at most `maxBytes`.
 *
 * @throws HttpProblem `request-too-large`; a declared length over the limit is refused before a byte is read
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(new HttpProblem('request-too-large', `The limit is ${maxBytes} bytes.`));
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
    // Most bodies come in one piece.
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.removeAllListeners('data').pause();
        tooLarge();
      } else if (first === undefined) {
        first = chunk;
      } else {
        (more ??= [first]).push(chunk);
      }
    });
    request.on('end', () => resolve(more === undefined ? (first ?? NOTHING) : Buffer.concat(more)));
    request.on('error', reject);
  });
}

/**
 * Reads a JSON body and checks it against a schema of the contract.
 *
 * @throws HttpProblem `media-type-unsupported`, `request-too-large`, `json-excessive`, `request-malformed`,
 *   `request-invalid` with every fault
 */
export async function readJson<T>(
  request: IncomingMessage,
  maxBytes: number,
  schema: SchemaOf<T>,
  limits: JsonLimits = USUAL_JSON_LIMITS,
): Promise<T> {
  return parseJson(await readJsonBody(request, maxBytes), schema, limits);
}

/** Reads a body that says that it is JSON. @throws HttpProblem `media-type-unsupported`, `request-too-large` */
export function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') return readBody(request, maxBytes);
  return Promise.reject(new HttpProblem('media-type-unsupported', 'Send content-type: application/json.'));
}

/**
 * Checks a JSON body against a schema of the contract.
 *
 * @throws HttpProblem `json-excessive`, `request-malformed`, `request-invalid` with every fault
 */
export function parseJson<T>(body: Buffer, schema: SchemaOf<T>, limits: JsonLimits = USUAL_JSON_LIMITS): T {
  refuseExcessiveJson(body, limits);
  let value: unknown;
  try {
    value = JSON.parse(UTF8.decode(body));
  } catch {
    throw new HttpProblem('request-malformed', 'The body must be JSON in UTF-8.');
  }
  try {
    return checkValue(schema, value, 'request');
  } catch (error) {
    if (error instanceof ContractError) throw new HttpProblem('request-invalid', undefined, error.faults);
    throw error;
  }
}
