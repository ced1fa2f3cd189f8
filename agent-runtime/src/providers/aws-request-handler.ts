import { Readable } from 'node:stream';

/** A request as AWS clients hand it over, as far as it is used. */
interface AwsRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** An answer as AWS clients take it. */
interface AwsResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

export interface AwsRequestHandler {
  handle(
    request: AwsRequest,
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<{ readonly response: AwsResponse }>;
}

/** Longest time of one request for credentials; their answers are small. */
const TIMEOUT_MS = 10_000;

/**
 * Sends the requests of AWS clients for credentials (STS, SSO) as all others of the runtime are sent; handlers of
 * their own would go past the proxy variables. What lends credentials on the node itself (Pod Identity, instance
 * metadata) is asked by other means, directly.
 */
export function awsRequestHandler(fetch: typeof globalThis.fetch): AwsRequestHandler {
  return {
    handle: async (request, { abortSignal } = {}) => {
      const signals = [AbortSignal.timeout(TIMEOUT_MS), ...(abortSignal === undefined ? [] : [abortSignal])];
      const { method, headers, body } = request;
      const answer = await fetch(urlOf(request), { method, headers, body, signal: AbortSignal.any(signals) });
      const content = Buffer.from(await answer.arrayBuffer());
      return {
        response: {
          statusCode: answer.status,
          headers: Object.fromEntries(answer.headers),
          body: Readable.from([content], { objectMode: false }),
        },
      };
    },
  };
}

function urlOf({ protocol, hostname, port, path, query = {} }: AwsRequest): URL {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value ?? '']) {
      url.searchParams.append(name, String(one));
    }
  }
  return url;
}
