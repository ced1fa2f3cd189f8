import type { Dispatcher, EventCount, Logger } from '@agentyard/runtime-kit';
import { IssuerFault, postForm, type JsonAnswer } from '../auth/json-source.js';
import { Turns } from '../auth/turns.js';
import type { ClientProof } from './client-proof.js';
import { issuedToken, type IssuedToken } from './issued-token.js';
import { UpstreamCredentialsError, type CredentialFailure } from './upstream-credentials-error.js';

/** How much authorization servers are asked for tokens, and how much of that is kept. */
export interface CredentialLimits {
  /** Most tokens that are kept for one MCP server. */
  readonly tokens: number;
  /** How long an answer may take, waiting for a turn included, in milliseconds. */
  readonly timeoutMs: number;
  /** Most requests at the same time to one token endpoint for one MCP server. */
  readonly requests: number;
  /** Most that wait for their turn. */
  readonly queue: number;
  /** How long a refusal counts without asking again, in milliseconds. */
  readonly refusedMs: number;
  /** Shortest time that a token is shown before another one is asked for because the server refuses it, in milliseconds. */
  readonly refetchMs: number;
}

export const CREDENTIAL_LIMITS: CredentialLimits = {
  tokens: 10_000,
  timeoutMs: 5_000,
  requests: 16,
  queue: 64,
  refusedMs: 3_000,
  refetchMs: 5_000,
};

/** What it takes to get credentials. */
export interface CredentialAccess {
  readonly dispatcher: Dispatcher;
  readonly log: Logger;
  /** Counts the times that an MCP server could not be shown who calls, by reason. */
  readonly failures: EventCount;
  readonly limits: CredentialLimits;
}

/** What OAuth error codes are made of; others are not repeated. */
const ERROR_CODE = /^[a-z_]{1,40}$/;

/** Errors that are about the client and not about what it asks for (RFC 6749, 5.2). */
const CLIENT_ERRORS: readonly string[] = ['invalid_client', 'unauthorized_client'];

/** Where a client gets tokens, and what it is there. */
export interface TokenEndpointOptions {
  /** Name of the MCP server that the tokens are for. */
  readonly server: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  /** What a refusal is that is not about the client. */
  readonly refusal: Extract<CredentialFailure, 'client-refused' | 'exchange-refused'>;
}

/** The token endpoint of an authorization server (RFC 6749, 3.2), as it is asked for one MCP server. */
export class TokenEndpoint {
  private readonly turns: Turns;
  private fault: string | undefined;

  public constructor(
    private readonly options: TokenEndpointOptions,
    private readonly proof: ClientProof,
    private readonly access: CredentialAccess,
  ) {
    this.turns = new Turns(access.limits.requests, access.limits.queue);
  }

  /** Asks for a token. @throws UpstreamCredentialsError */
  public async ask(fields: Readonly<Record<string, string>>): Promise<IssuedToken> {
    try {
      if (this.turns.isFull) throw this.error('issuer-unavailable', 'too many wait for its authorization server');
      const signal = AbortSignal.timeout(this.access.limits.timeoutMs);
      const token = await this.turns.run(() => this.send(fields, signal));
      this.reportGood();
      return token;
    } catch (error) {
      throw this.explained(error);
    }
  }

  public unready(): string | undefined {
    return this.proof.unready();
  }

  private async send(fields: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IssuedToken> {
    const { tokenEndpoint, clientId } = this.options;
    const shown = await this.proof.show(clientId);
    if (shown === undefined) throw this.error('secret-missing', 'the gateway’s client there has no usable secret');
    if (signal.aborted) throw new IssuerFault('it did not answer in time');
    const askedAt = Date.now();
    const form = { authorization: shown.authorization, fields: { ...fields, ...shown.fields } };
    const answer = await postForm(this.access.dispatcher, tokenEndpoint, form, signal);
    if (answer.status === 200) return issuedToken(answer.value, askedAt);
    throw this.refusal(answer);
  }

  private refusal({ status, value }: JsonAnswer): Error {
    const code = errorCode(value);
    if (status === 401 || (code !== undefined && CLIENT_ERRORS.includes(code))) {
      const why = code ?? `answered with ${status}`;
      return this.error('client-refused', `its authorization server refuses the client of the gateway (${why})`);
    }
    if (code !== undefined && (status === 400 || status === 403)) {
      return this.error(this.options.refusal, `its authorization server refuses (${code})`);
    }
    return new IssuerFault(`the token endpoint answered with ${status}`);
  }

  /** Each fault that is not about a caller is logged once, and not with every request. */
  private explained(error: unknown): Error {
    const { server, tokenEndpoint, clientId } = this.options;
    if (!(error instanceof UpstreamCredentialsError) && !(error instanceof IssuerFault)) return error as Error;
    const known =
      error instanceof UpstreamCredentialsError
        ? error
        : this.error('issuer-unavailable', 'its authorization server gives no usable answer');
    if (!known.isAboutCaller && error.message !== this.fault) {
      this.fault = error.message;
      const fields = { server, tokenEndpoint, clientId, reason: known.reason, fault: error.message };
      this.access.log.error(
        { event: 'upstream-credentials-unavailable', ...fields },
        'an MCP server cannot be shown who calls',
      );
    }
    return known;
  }

  private reportGood(): void {
    if (this.fault === undefined) return;
    this.fault = undefined;
    const fields = { event: 'upstream-credentials-available', server: this.options.server };
    this.access.log.info(fields, 'an MCP server can be shown who calls again');
  }

  private error(reason: CredentialFailure, detail: string): UpstreamCredentialsError {
    return new UpstreamCredentialsError(reason, this.options.server, detail);
  }
}

function errorCode(value: unknown): string | undefined {
  const code = (value as { readonly error?: unknown } | null | undefined)?.error;
  return typeof code === 'string' && ERROR_CODE.test(code) ? code : undefined;
}
