import type { IncomingMessage } from 'node:http';
import { ContractError, parseValue } from 'agentyard/contract';
import { HttpProblem } from './http-problem.js';

type SchemaOf<T> = Parameters<typeof parseValue>[0] & { readonly _zod: { readonly output: T } };

/**
 * Reads a body of at most `maxBytes`.
 *
 * @throws HttpProblem `request-too-large`; a declared length over the limit is refused before a byte is read
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => new HttpProblem('request-too-large', `The limit is ${maxBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.removeAllListeners('data').pause();
        reject(tooLarge());
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

/**
 * Reads a JSON body and checks it against a schema of the contract.
 *
 * @throws HttpProblem `media-type-unsupported`, `request-too-large`, `request-malformed`, `request-invalid` with every fault
 */
export async function readJson<T>(request: IncomingMessage, maxBytes: number, schema: SchemaOf<T>): Promise<T> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new HttpProblem('media-type-unsupported', 'Send content-type: application/json.');
  const body = await readBody(request, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new HttpProblem('request-malformed', 'The body must be JSON in UTF-8.');
  }
  try {
    return parseValue(schema, value, 'request');
  } catch (error) {
    if (error instanceof ContractError) throw new HttpProblem('request-invalid', undefined, error.faults);
    throw error;
  }
}
