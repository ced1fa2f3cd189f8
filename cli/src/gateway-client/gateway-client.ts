import { createDispatcher, createFetch } from '@agentyard/runtime-kit';
import { problem, type Problem } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';
import { API_KEY_VARIABLE } from '../dev/gateway-access.js';

/** A gateway, as a client knows it. */
export interface GatewayClient {
  /** For errors. */
  readonly name: string;
  /** Base URL. */
  readonly url: string;
  /** API key or access token; absent: none is sent. */
  readonly credential: string | undefined;
}

/** A request for a gateway. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly accept: 'application/json' | 'text/event-stream';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** The gateway at a URL that the user has given, with the credential of the environment. @throws DevError for a wrong one */
export function gatewayAt(text: string): GatewayClient {
  return { name: text, url: checkedUrl(text), credential: credential() };
}

/**
 * Asks a gateway, and has its answer read.
 *
 * @param environment variables that name proxies
 * @throws DevError with the gateway's problem, and when it does not answer
 */
export async function* asked<T>(
  gateway: GatewayClient,
  { method, path, accept, body, signal }: GatewayRequest,
  environment: NodeJS.ProcessEnv,
  read: (response: Response) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const dispatcher = createDispatcher(undefined, environment);
  try {
    const response = await createFetch(dispatcher)(`${gateway.url.replace(/\/+$/, '')}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), accept, ...authorization(gateway) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    });
    if (!response.ok) throw refusal(response.status, await response.text());
    yield* read(response);
  } catch (error) {
    if (signal?.aborted === true || error instanceof DevError) throw error;
    throw new DevError(`the gateway ${gateway.name} does not answer: ${reasonOf(error)}; see its log`);
  } finally {
    await dispatcher.destroy();
  }
}

/** A problem of the gateway in words. */
export function problemText({ title, detail, code, requestId, faults = [] }: Problem): string {
  const lines = faults.map(({ path, message }) => `\n  ${path}: ${message}`).join('');
  return `${title}${detail === undefined ? '' : `: ${detail}`} (${code}, request ${requestId ?? 'unknown'})${lines}`;
}

function authorization({ credential: shown }: GatewayClient): Record<string, string> {
  return shown === undefined ? {} : { authorization: `Bearer ${shown}` };
}

function refusal(status: number, text: string): DevError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return new DevError(`the gateway answers ${status} with something that is not JSON; see its log`);
  }
  const told = problem.safeParse(body);
  return new DevError(told.success ? problemText(told.data) : `the gateway answers ${status}; see its log`);
}

/** The reason of undici stands in the cause of the error of `fetch`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message || (cause as NodeJS.ErrnoException).code})` : message;
}

/** What is wrong is said without saying it, since it may be a key. */
function credential(): string | undefined {
  const given = (process.env[API_KEY_VARIABLE] ?? '').trim();
  if (/[^\x21-\x7e]/.test(given)) throw new DevError(`${API_KEY_VARIABLE} holds what no key or token has`);
  return given === '' ? undefined : given;
}

function checkedUrl(text: string): string {
  const url = /^https?:\/\//.test(text) ? URL.parse(text) : null;
  if (url === null) throw new DevError(`--gateway ${text}: give the http or https URL of a gateway`);
  if (url.username === '' && url.password === '') return text;
  throw new DevError(`--gateway: put the key into ${API_KEY_VARIABLE}, not into the URL`);
}
