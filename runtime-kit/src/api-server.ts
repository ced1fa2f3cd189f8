import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Agent, type Dispatcher } from 'undici';

/** Where the kubelet puts what a pod calls the API server with. */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Longest silence of a watch: a bookmark comes about each minute. */
const WATCH_SILENCE_MS = 150_000;

/** Longest answer that is read: objects have at most some 1.5 MiB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Longest part of an API server's explanation that is passed on. */
const MAX_MESSAGE_LENGTH = 500;

/** A request to the API server that was refused, or not answered. */
export class ApiServerError extends Error {
  /**
   * @param status HTTP status; absent if there was no answer
   * @param reason the API server's own word, for example `Conflict`
   */
  public constructor(
    message: string,
    public readonly status?: number,
    public readonly reason = '',
  ) {
    super(message);
    this.name = 'ApiServerError';
  }
}

/** A request to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'PATCH';
  /** With its query, for example `/api/v1/namespaces/agents/configmaps/trust?fieldManager=x`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
}

/**
 * The Kubernetes API server as pods reach it: directly, whatever proxy the environment names, with the token of the
 * ServiceAccount, and known by the authority that the kubelet mounts.
 */
export class ApiServer {
  /** The one of the cluster that this process runs in. @throws Error outside of a pod, or without the mounted files */
  public static ofPod(environment = process.env, directory = SERVICE_ACCOUNT_DIRECTORY): ApiServer {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
    if (!host || !port) {
      throw new Error(
        'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; this runs in a pod of a cluster',
      );
    }
    const origin = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
    return new ApiServer(origin, path.join(directory, 'token'), mounted(path.join(directory, 'ca.crt')));
  }

  private readonly agent: Agent;

  private constructor(
    private readonly origin: string,
    private readonly tokenFile: string,
    ca: string,
  ) {
    this.agent = new Agent({ connect: { ca, timeout: CONNECT_TIMEOUT_MS } });
  }

  /** The answer to a request, from JSON. @throws ApiServerError */
  public async request({ method, path, body, contentType = 'application/json' }: ApiRequest): Promise<unknown> {
    // Its JWKS has a type of its own, RFC 7517, 8.5.2.
    const accept = 'application/json, application/jwk-set+json';
    const headers = { accept, authorization: this.authorization(), 'content-type': contentType };
    const request: Dispatcher.RequestOptions = {
      origin: this.origin,
      method,
      path,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    };
    const { status, text } = await this.send(request);
    const answer = parsed(text);
    if (status >= 200 && status < 300 && answer !== undefined) return answer;
    throw refusal(status, answer);
  }

  /**
   * The types of the events of a watch, from its beginning on: first `OPEN`, when the API server has accepted it, then those
   * that it sends (`ADDED`, `BOOKMARK`, `ERROR` ...). Ends when the API server ends it.
   *
   * @param path with `watch=true`
   * @throws ApiServerError, also when it was silent for too long; the reason of the signal
   */
  public async *watch(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const { statusCode, body } = await this.open(path, signal);
    if (statusCode !== 200) throw refusal(statusCode, parsed(await this.read(body)));
    // The one who reads gets the error too; without a listener, one that comes at the end ends the process.
    body.on('error', () => undefined);
    yield 'OPEN';
    try {
      for await (const line of linesOf(body)) {
        const { type } = (parsed(line) ?? {}) as { readonly type?: unknown };
        if (typeof type !== 'string') throw new ApiServerError('the API server sends a watch that is none', statusCode);
        yield type;
      }
    } catch (error) {
      throw this.fault(error, signal);
    } finally {
      body.destroy();
    }
  }

  public close(): Promise<void> {
    return this.agent.close();
  }

  private authorization(): string {
    // The kubelet renews it.
    return `Bearer ${mounted(this.tokenFile).trim()}`;
  }

  private async open(path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    try {
      return await this.agent.request({
        origin: this.origin,
        method: 'GET',
        path,
        headers: { accept: 'application/json', authorization: this.authorization() },
        headersTimeout: REQUEST_TIMEOUT_MS,
        bodyTimeout: WATCH_SILENCE_MS,
        signal,
      });
    } catch (error) {
      throw this.fault(error, signal);
    }
  }

  private fault(error: unknown, signal: AbortSignal): unknown {
    if (error instanceof ApiServerError) return error;
    if (signal.aborted) return signal.reason;
    const { code, name } = error as NodeJS.ErrnoException;
    return new ApiServerError(`the API server at ${this.origin} does not answer: ${code ?? name}`);
  }

  private async send(request: Dispatcher.RequestOptions): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const { statusCode, body } = await this.agent.request(request);
      return { status: statusCode, text: await this.read(body) };
    } catch (error) {
      if (error instanceof ApiServerError) throw error;
      const { code, name } = error as NodeJS.ErrnoException;
      const why = name === 'TimeoutError' ? `nothing within ${REQUEST_TIMEOUT_MS / 1000} s` : (code ?? name);
      throw new ApiServerError(`the API server at ${this.origin} does not answer: ${why}`);
    }
  }

  private async read(body: Dispatcher.ResponseData['body']): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) {
        throw new ApiServerError(`the API server at ${this.origin} answers with over ${MAX_ANSWER_BYTES} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

/** @throws ApiServerError for one that is too long */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_ANSWER_BYTES) throw new ApiServerError('the API server sends an event that is too long');
    yield* lines;
  }
}

function mounted(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the API server says of itself: a Status object, if it is not something in front of it that answers. */
function refusal(status: number, answer: unknown): ApiServerError {
  const { reason, message } = (answer ?? {}) as { readonly reason?: unknown; readonly message?: unknown };
  if (typeof message !== 'string') return new ApiServerError(`the API server answers with ${status}`, status);
  const text = `the API server answers with ${status}: ${message.slice(0, MAX_MESSAGE_LENGTH)}`;
  return new ApiServerError(text, status, typeof reason === 'string' ? reason : '');
}
