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

/** What a form is sent with. */
export interface JsonForm {
  /** Value of the header `Authorization`. @default - none */
  readonly authorization?: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Reads a JSON document, without following redirects. @throws IssuerFault */
export type GetJson = (url: string) => Promise<JsonAnswer>;

/** Reads through a dispatcher, until `signal` is aborted. */
export function jsonSource(dispatcher: Dispatcher, signal: AbortSignal): GetJson {
  return (url) => request(dispatcher, url, { method: 'GET', headers: { accept: 'application/json' }, signal });
}

/** Sends a form and reads the JSON answer, until `signal` is aborted; without following redirects. @throws IssuerFault */
export function postForm(
  dispatcher: Dispatcher,
  url: string,
  { authorization, fields }: JsonForm,
  signal: AbortSignal,
): Promise<JsonAnswer> {
  const headers = {
    accept: 'application/json',
    ...(authorization !== undefined && { authorization }),
    'content-type': 'application/x-www-form-urlencoded',
  };
  return request(dispatcher, url, { method: 'POST', headers, body: new URLSearchParams(fields).toString(), signal });
}

interface JsonRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

async function request(dispatcher: Dispatcher, url: string, options: JsonRequest): Promise<JsonAnswer> {
  const { origin, pathname, search } = new URL(url);
  try {
    const answer = await dispatcher.request({ origin, path: pathname + search, ...options });
    return { status: answer.statusCode, value: parse(await read(answer.body)) };
  } catch (error) {
    if (error instanceof IssuerFault) throw error;
    if (options.signal.aborted) throw new IssuerFault('it did not answer in time');
    throw new IssuerFault(`it cannot be reached: ${(error as NodeJS.ErrnoException).code ?? 'the connection broke'}`);
  }
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
