import { PROBLEMS } from 'agentyard/contract';
import type { Findings } from './findings';
import type { Replica } from './replica';

export type Message = Readonly<Record<string, unknown>>;

/** Codes of JSON-RPC errors that the gateway may answer with (docs/mcp.md, and MCP 2026-07-28). */
const CODES = new Set([-32_700, -32_600, -32_601, -32_602, -32_603, -32_000, -32_001, -32_020, -32_022]);

/** Longer than any deadline, queues and questions included: an answer that has not come by then does not come. */
const HANGS_MS = 60_000;

/** What has come of a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON-RPC response, or the body of an invocation. */
  readonly message?: Message;
}

export interface ExchangeOptions {
  readonly replica: Replica;
  readonly others: readonly Replica[];
  readonly method?: 'POST' | 'GET' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Message;
  /** Takes what comes in a stream before the answer. */
  readonly onMessage?: (message: Message) => void;
  /** Whether it is cancelled, so that its stream may end without an answer. */
  readonly isCancelled?: boolean;
  /** Ends the request, which is then wanted no more. */
  readonly signal?: AbortSignal;
  /** The event after which the stream of the request in the body is taken up. @default - the request is sent */
  readonly last?: string;
}

/**
 * Sends one request, and reads its answer. What is neither an answer nor an error of a known form is a finding.
 *
 * @returns absent if there is none: the replica was killed, the request was given up, or it is told already
 */
export async function exchange(options: ExchangeOptions, findings: Findings): Promise<Answer | undefined> {
  const { replica, others, path, signal } = options;
  // The replica may have passed it on to another one.
  const watches = [replica, ...others].map((each) => each.watch());
  const hangs = AbortSignal.timeout(HANGS_MS);
  try {
    const response = await fetch(`${replica.url}${path}`, {
      ...sentBy(options),
      signal: signal === undefined ? hangs : AbortSignal.any([signal, hangs]),
    });
    return await read(response, options, findings);
  } catch (error) {
    if (signal?.aborted === true) return void findings.count('given up');
    if (hangs.aborted) return void findings.violated(`no answer ever: ${describe(options)}`);
    if (!watches.every((wasThere) => wasThere())) return void findings.count('replica killed');
    const { message, cause } = error as Error;
    return void findings.violated(`the connection broke: ${describe(options)}: ${message} ${String(cause)}`);
  }
}

function sentBy({ method = 'POST', headers, body, last }: ExchangeOptions): RequestInit {
  if (last !== undefined) {
    return { method: 'GET', headers: { ...headers, accept: 'text/event-stream', 'last-event-id': last } };
  }
  if (body === undefined) return { method, headers };
  return { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

const describe = ({ path, body }: ExchangeOptions): string => `${path} ${JSON.stringify(body ?? '')}`;

type Wrong = (why: string) => undefined;

async function read(response: Response, options: ExchangeOptions, findings: Findings): Promise<Answer | undefined> {
  const { status, headers } = response;
  const type = headers.get('content-type') ?? '';
  const wrong: Wrong = (why) => {
    findings.violated(`${why}: ${describe(options)}: ${status} ${type}`);
  };
  if (status === 202 || status === 204) return { status, headers };
  if (!type.startsWith('text/event-stream')) return readJson(response, options, wrong, findings);
  const message = await readEvents(response, options, wrong);
  if (typeof message === 'string') return takeUp(options, message, findings);
  return message && answered(response, message, options, wrong, findings);
}

async function readJson(
  response: Response,
  options: ExchangeOptions,
  wrong: Wrong,
  findings: Findings,
): Promise<Answer | undefined> {
  const { status, headers } = response;
  const text = await response.text();
  const message = parse(text);
  if (message === undefined) return wrong(`this is no JSON object: ${text.slice(0, 200)}`);
  if (headers.get('content-type') !== 'application/problem+json') {
    return answered(response, message, options, wrong, findings);
  }
  const { code } = message;
  findings.count(`problem ${String(code)}`);
  const isKnown = Object.hasOwn(PROBLEMS, String(code)) && message.status === status;
  return isKnown && code !== 'internal-error' ? { status, headers } : wrong(`a wrong problem ${text}`);
}

function answered(
  { status, headers }: Response,
  message: Message,
  options: ExchangeOptions,
  wrong: Wrong,
  findings: Findings,
): Answer | undefined {
  const isRight = options.path === '/v1/invoke' || isResponse(message, options, wrong, findings);
  return isRight ? { status, headers, message } : undefined;
}

/** Comes back for an answer, to another replica (MCP 2025-11-25, "Resumability and Redelivery"). */
function takeUp(options: ExchangeOptions, last: string, findings: Findings): Promise<Answer | undefined> {
  const [replica = options.replica, ...rest] = options.others;
  findings.count('streams taken up');
  return exchange({ ...options, replica, others: [...rest, options.replica], last }, findings);
}

/** Reads events up to the answer. @returns the id of the last one if the answer comes to whoever comes back with it */
async function readEvents(
  response: Response,
  options: ExchangeOptions,
  wrong: Wrong,
): Promise<Message | string | undefined> {
  const { onMessage = () => undefined, body, path } = options;
  let rest = '';
  let last: string | undefined;
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      last = /^id: (.+)$/m.exec(event)?.[1] ?? last;
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data === undefined) continue;
      const message = parse(data);
      if (message === undefined) return wrong(`an event without JSON: ${data.slice(0, 200)}`);
      if (isLast(message, path, body)) return message;
      onMessage(message);
    }
  }
  return ended(last, options, wrong);
}

/** What a stream without an answer comes to: one that is no request's has none, and who has come back stays for it. */
function ended(last: string | undefined, { body, isCancelled, last: before }: ExchangeOptions, wrong: Wrong) {
  if (body === undefined || isCancelled === true) return undefined;
  return last === undefined || before !== undefined ? wrong('the stream ended without an answer') : last;
}

function isLast({ type, method, id }: Message, path: string, body: Message | undefined): boolean {
  if (path === '/v1/invoke') return type === 'completed' || type === 'failed';
  return method === undefined && id === body?.id;
}

function isResponse(
  { jsonrpc, id, result, error }: Message,
  { body }: ExchangeOptions,
  wrong: Wrong,
  findings: Findings,
): boolean {
  const isOurs = jsonrpc === '2.0' && (id === body?.id || (id === null && error !== undefined));
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isOurs || (isObject(result) ? error !== undefined : !isObject(error))) {
    wrong(`no JSON-RPC response: ${JSON.stringify({ id, result, error }).slice(0, 200)}`);
    return false;
  }
  if (error === undefined) return true;
  const { code } = error as { readonly code: unknown };
  findings.count(`error ${String(code)}`);
  if (!CODES.has(Number(code))) wrong(`an unknown error ${JSON.stringify(error)}`);
  return true;
}

function parse(text: string): Message | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
