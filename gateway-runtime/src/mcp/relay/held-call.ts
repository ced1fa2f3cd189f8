import type { Departing } from '@agentyard/runtime-kit';
import { detached } from '../upstream/call-context.js';
import { Deadline } from '../../deadline.js';
import type { Backend } from '../federation/catalog.js';
import type { ServerBackend } from '../federation/server-backend.js';
import type { HeldSession } from '../session/client-session.js';
import { NotServedError, UpstreamUnavailableError } from '../upstream/unavailable.js';
import type { OnBehalf, UpstreamAnswer, UpstreamMessage } from '../upstream/send-to.js';
import { isObject, isRequest, type JsonObject, type RpcId, type RpcRequest } from '../wire/json-rpc.js';
import { NAMED_BY } from '../wire/mirrored-headers.js';
import { callInSession, cancelInSession, sendInSession } from './session-call.js';

/** How long a client may take to answer what a server asks, in milliseconds. */
export const INPUT_TIMEOUT_MS = 300_000;

/** Most that a server may ask at once. */
const MAX_ASKS = 100;

/** What a call has come to: its answer, or what the server asks before it. */
export type CallStep =
  | { readonly kind: 'answer'; readonly answer: UpstreamAnswer }
  | { readonly kind: 'asks'; readonly asks: Readonly<Record<string, JsonObject>> };

/** What a held call is made of. */
export interface HeldCallOptions {
  readonly backend: ServerBackend;
  readonly session: HeldSession;
  readonly id: RpcId;
  readonly method: string;
  readonly params: JsonObject;
  /** How long it may take, in milliseconds, while nobody is asked. */
  readonly timeoutMs: number;
  readonly behalf: OnBehalf;
  /** Whether the client can be asked; if not, the server is told so at once. */
  readonly mayAsk: boolean;
}

/**
 * A call at a server with sessions for a client without: the connection to the server stays while the client is asked,
 * and answers with another request.
 */
export class HeldCall {
  private readonly asks = new Map<string, RpcRequest>();
  private readonly ends: (() => void)[] = [];
  private readonly deadline: Deadline;
  private readonly behalf: OnBehalf;
  private outcome: { readonly answer?: UpstreamAnswer; readonly error?: Error } | undefined;
  private wake: (() => void) | undefined;
  private deliver: ((message: UpstreamMessage) => Promise<void> | undefined) | undefined;

  public constructor(private readonly options: HeldCallOptions) {
    const { behalf, timeoutMs } = options;
    // Clients come and go; each is listened to as long as it is there.
    this.behalf = { ...behalf, context: detached(behalf.context) };
    this.deadline = new Deadline(timeoutMs, this.behalf.context.departure);
  }

  /** Whether a request is for the same thing: what was decided about one call is not decided about another. */
  public isFor({
    backend,
    method,
    params,
  }: Pick<HeldCallOptions, 'method' | 'params'> & { backend: Backend }): boolean {
    const own = this.options;
    const member = NAMED_BY.get(method);
    const isSameName = member === undefined || params[member] === own.params[member];
    return backend.target.name === own.backend.target.name && method === own.method && isSameName;
  }

  /** Sends the request. */
  public begin(): void {
    const { backend, session, id, method, params } = this.options;
    const { behalf, deadline } = this;
    const onMessage = (message: UpstreamMessage) => this.take(message);
    callInSession(backend.target, {
      ...behalf,
      session,
      id,
      method,
      params,
      deadline,
      resumes: true,
      onMessage,
    }).then(
      (answer) => this.finish(answer === undefined ? {} : { answer }),
      (error: Error) => this.finish({ error }),
    );
  }

  /**
   * Waits for the next step, for a client that is there.
   *
   * @param deliver takes notifications meanwhile
   * @param client aborted when the client leaves, which cancels the call
   * @throws what the call has failed with
   */
  public async next(deliver: HeldCall['deliver'], client: Departing): Promise<CallStep> {
    this.deliver = deliver;
    this.deadline.restart();
    const leave = (): void => this.cancel('the client has left');
    if (client.aborted) leave();
    client.addEventListener('abort', leave, { once: true });
    try {
      if (this.outcome === undefined && this.asks.size === 0)
        await new Promise<void>((resolve) => (this.wake = resolve));
      return this.step();
    } finally {
      client.removeEventListener('abort', leave);
      this.deliver = undefined;
    }
  }

  /** Gives a client's answers to the server. Those to nothing that it asks are left out. */
  public async answer(responses: JsonObject): Promise<void> {
    const { backend, session } = this.options;
    for (const [key, { id }] of [...this.asks]) {
      const result = Object.hasOwn(responses, key) ? responses[key] : undefined;
      if (!isObject(result)) continue;
      this.asks.delete(key);
      await sendInSession(backend.target, session, JSON.stringify({ jsonrpc: '2.0', id, result }), this.behalf);
    }
  }

  /** Is told when the call has ended. */
  public onEnd(listener: () => void): void {
    this.ends.push(listener);
  }

  public cancel(reason: string): void {
    if (this.outcome !== undefined) return;
    const { backend, session, id } = this.options;
    this.deadline.abort(new NotServedError(reason, true));
    cancelInSession(backend.target, session, id, this.behalf);
  }

  private step(): CallStep {
    const { outcome } = this;
    if (outcome?.answer !== undefined) return { kind: 'answer', answer: outcome.answer };
    if (outcome !== undefined)
      throw outcome.error ?? new UpstreamUnavailableError('its stream ended without an answer', true);
    this.deadline.extend(Math.max(INPUT_TIMEOUT_MS, this.options.backend.target.timeoutMs));
    const asks = [...this.asks].map(([key, { method, params }]) => [
      key,
      { method, ...(params !== undefined && { params }) },
    ]);
    return { kind: 'asks', asks: Object.fromEntries(asks) as Record<string, JsonObject> };
  }

  private take(message: UpstreamMessage): Promise<void> | undefined {
    const { value } = message;
    if (!isRequest(value)) return this.deliver?.(message);
    const { backend, session, mayAsk } = this.options;
    const refusal = mayAsk ? refusalOf(value, backend) : refusalOf(value);
    if (refusal !== undefined) return sendInSession(backend.target, session, refusal, this.behalf);
    if (this.asks.size >= MAX_ASKS) throw new NotServedError('it asks too much at once', true);
    this.asks.set(`ask-${JSON.stringify(value.id)}`, value);
    this.wake?.();
    return undefined;
  }

  private finish(outcome: NonNullable<HeldCall['outcome']>): void {
    this.outcome = outcome;
    const { backend, session, id } = this.options;
    // Nobody waits for it, but its server does not know that.
    if (outcome.error !== undefined && this.deadline.isOver) cancelInSession(backend.target, session, id, this.behalf);
    this.deadline.clear();
    this.wake?.();
    for (const end of this.ends) end();
  }
}

/** What a server is answered at once: it lives, or may not ask for this. */
export function refusalOf(request: RpcRequest): string;
export function refusalOf(request: RpcRequest, backend: ServerBackend): string | undefined;
export function refusalOf({ id, method }: RpcRequest, backend?: ServerBackend): string | undefined {
  if (method === 'ping') return JSON.stringify({ jsonrpc: '2.0', id, result: {} });
  if (backend?.mayAsk(method) === true) return undefined;
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } });
}
