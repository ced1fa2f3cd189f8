import type { Dispatcher } from '@agentyard/runtime-kit';

/** Largest document of an issuer. */
const MAX_BYTES = 256 * 1024;

/** Thrown when an issuer's document cannot be had; says of which kind the fault is, and nothing that the issuer sent. */
export class IssuerFault extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'IssuerFault';
  }
}

/** An answer of an issuer: its status, and its body if that is JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly value: unknown;
}

/** Reads a JSON document, without following redirects. @throws IssuerFault */
export type GetJson = (url: string) => Promise<JsonAnswer>;

/** Reads through a dispatcher, until `signal` is aborted. */
export function jsonSource(dispatcher: Dispatcher, signal: AbortSignal): GetJson {
  return async (url) => {
    const { origin, pathname, search } = new URL(url);
    try {
      const answer = await dispatcher.request({
        origin,
        path: pathname + search,
        method: 'GET',
        headers: { accept: 'application/json' },
        signal,
      });
      return { status: answer.statusCode, value: parse(await read(answer.body)) };
    } catch (error) {
      if (error instanceof IssuerFault) throw error;
      if (signal.aborted) throw new IssuerFault('it did not answer in time');
      throw new IssuerFault(`it cannot be reached: ${(error as NodeJS.ErrnoException).code ?? 'the connection broke'}`);
    }
  };
}

async function read(body: Dispatcher.ResponseData['body']): Promise<string> {
  // The one who reads gets the error too; without a listener, an error that comes before ends the process.
  body.on('error', () => undefined);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new IssuerFault(`its document is over ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
