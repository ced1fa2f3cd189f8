import type { TokenIntrospection, TokenIssuer } from 'agentyard/contract';
import type { Dispatcher, EventCount, Logger } from '@agentyard/runtime-kit';
import { AuthFailure } from './auth-failure.js';
import { basicAuthorization, type ClientSecret } from './client-secret.js';
import { IssuerFault, postForm } from './json-source.js';
import type { TokenClaims } from './token-claims.js';
import { Turns } from './turns.js';

/** How much an issuer is asked about tokens, and for how long what it says counts. */
export interface IntrospectionLimits {
  /** How long an active token counts before it is asked about again, in milliseconds; never past its end. */
  readonly activeMs: number;
  /** How long a refused one is refused without asking, in milliseconds. */
  readonly refusedMs: number;
  /** Most tokens of each of both kinds that are kept. */
  readonly tokens: number;
  /** How long an answer may take, waiting for a turn included, in milliseconds. */
  readonly timeoutMs: number;
  /** Most requests at the same time. */
  readonly requests: number;
  /** Most tokens that wait for their turn. */
  readonly queue: number;
}

export const INTROSPECTION_LIMITS: IntrospectionLimits = {
  activeMs: 30_000,
  refusedMs: 3_000,
  tokens: 10_000,
  timeoutMs: 3_000,
  requests: 16,
  queue: 64,
};

/** What it takes to ask issuers about tokens. */
export interface IntrospectionAccess {
  readonly dispatcher: Dispatcher;
  readonly log: Logger;
  /** Counts the times that an issuer could not be asked. */
  readonly failures: EventCount;
  readonly limits: IntrospectionLimits;
}

/** Error code of an issuer that does not introspect tokens of this kind (RFC 7009, 2.2.1). */
const UNSUPPORTED = 'unsupported_token_type';

/** Thrown when the issuer refuses the client that the gateway is to it, which is not the fault of the issuer. */
class ClientRefused extends IssuerFault {}

/** The introspection endpoint of one issuer (RFC 7662). */
export class IntrospectionEndpoint {
  private readonly turns: Turns;
  private fault: string | undefined;

  public constructor(
    private readonly issuer: TokenIssuer['issuer'],
    private readonly introspection: TokenIntrospection,
    private readonly secret: ClientSecret,
    private readonly access: IntrospectionAccess,
  ) {
    this.turns = new Turns(access.limits.requests, access.limits.queue);
  }

  /**
   * What the issuer says of a token; nothing in it is checked.
   *
   * @throws AuthFailure `issuer-unavailable`
   */
  public async ask(token: string): Promise<TokenClaims> {
    if (this.turns.isFull) throw this.unavailable();
    const signal = AbortSignal.timeout(this.access.limits.timeoutMs);
    try {
      const answer = await this.turns.run(() => this.send(token, signal));
      this.reportGood();
      return answer;
    } catch (error) {
      if (!(error instanceof IssuerFault)) throw error;
      this.report(error);
      throw this.unavailable();
    }
  }

  private unavailable(): AuthFailure {
    this.access.failures.add();
    return new AuthFailure('issuer-unavailable', { by: 'access-token', issuer: this.issuer });
  }

  private async send(token: string, signal: AbortSignal): Promise<TokenClaims> {
    const secret = this.secret.value;
    if (secret === undefined) throw new ClientRefused('there is no client secret to ask it with');
    if (signal.aborted) throw new IssuerFault('it did not answer in time');
    const { endpoint, clientId } = this.introspection;
    const form = {
      authorization: basicAuthorization(clientId, secret),
      fields: { token, token_type_hint: 'access_token' },
    };
    const { status, value } = await postForm(this.access.dispatcher, endpoint, form, signal);
    if (status === 401 || status === 403) {
      throw new ClientRefused(
        `it refuses the client of this gateway with ${status}: its id, secret or rights are wrong`,
      );
    }
    // Some issuers answer so to what looks like a JWT, which anybody can send.
    if (status === 400 && errorOf(value) === UNSUPPORTED) return { active: false };
    if (status !== 200) throw new IssuerFault(`introspection was answered with ${status}`);
    if (!isAnswer(value)) throw new IssuerFault('its answer is no JSON object that says whether a token is active');
    return value;
  }

  /** Each fault is logged once, and not with every token. */
  private report(fault: IssuerFault): void {
    if (fault.message === this.fault) return;
    this.fault = fault.message;
    const fields = { issuer: this.issuer, fault: fault.message };
    if (fault instanceof ClientRefused) {
      const { clientId } = this.introspection;
      const text = 'this gateway cannot ask an issuer about tokens, since its own client is not in order';
      this.access.log.error({ event: 'introspection-client-refused', ...fields, clientId }, text);
    } else {
      this.access.log.error(
        { event: 'introspection-unavailable', ...fields },
        'an issuer cannot be asked about tokens',
      );
    }
  }

  private reportGood(): void {
    if (this.fault === undefined) return;
    this.fault = undefined;
    this.access.log.info({ event: 'introspection-available', issuer: this.issuer }, 'an issuer answers again');
  }
}

function errorOf(value: unknown): unknown {
  return (value as { readonly error?: unknown } | null | undefined)?.error;
}

function isAnswer(value: unknown): value is TokenClaims {
  return typeof value === 'object' && value !== null && typeof (value as TokenClaims).active === 'boolean';
}
