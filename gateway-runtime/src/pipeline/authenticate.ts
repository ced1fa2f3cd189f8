import type { IncomingMessage } from 'node:http';
import { HttpProblem, type EventCount } from '@agentyard/runtime-kit';
import { AuthFailure, ScopeMissing, type AuthFailureReason } from '../auth/auth-failure.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Caller } from '../auth/caller.js';
import { hasCredentialInUrl } from '../auth/credential.js';
import type { ProtectedResource } from '../auth/protected-resource.js';
import type { AuditTrail } from './audit.js';

/** Seconds after which a token of an issuer that cannot be asked may be sent again. */
const RETRY_AFTER_SECONDS = '5';

const HOW_TO =
  'Send an access token or an API key as "Authorization: Bearer <credential>"; an API key also as "x-api-key: <key>".';

/** What every other one is told. */
const INVALID = 'The token or key is unknown, expired, revoked, or not for this gateway.';

/** What it takes to let a request in. */
export interface Admission {
  readonly authenticator: Authenticator;
  /** What challenges name; absent: nothing. */
  readonly resource: ProtectedResource | undefined;
  readonly failures: EventCount;
}

/**
 * Finds out who calls, at once if that is known. What is wrong with a credential is for the audit line; the client only
 * learns that it is.
 *
 * @throws HttpProblem `token-in-url`, `auth-missing`, `auth-invalid`, `scope-missing`, `issuer-unavailable`
 */
export function authenticate(
  request: Pick<IncomingMessage, 'headers' | 'url'>,
  admission: Admission,
  audit: AuditTrail,
): Caller | Promise<Caller> {
  if (hasCredentialInUrl(request.url)) {
    admission.failures.add('in-url');
    audit.deny('in-url');
    throw new HttpProblem('token-in-url', `URLs get into logs, so what was sent is not secret any more. ${HOW_TO}`);
  }
  const accept = (caller: Caller): Caller => {
    audit.noteCaller(caller);
    return caller;
  };
  const refuse = (error: unknown): never => {
    throw refusalOf(error, admission, audit);
  };
  try {
    const found = admission.authenticator.callerOf(request);
    return found instanceof Promise ? found.then(accept, refuse) : accept(found);
  } catch (error) {
    return refuse(error);
  }
}

function refusalOf(error: unknown, { resource, failures }: Admission, audit: AuditTrail): unknown {
  if (!(error instanceof AuthFailure)) return error;
  failures.add(error.reason);
  audit.noteCredential(error.credential);
  audit.deny(error.reason);
  return error instanceof ScopeMissing ? scopeProblem(error, resource) : problemOf(error.reason, resource);
}

function problemOf(reason: AuthFailureReason, resource: ProtectedResource | undefined): HttpProblem {
  if (reason === 'issuer-unavailable') {
    const headers = { 'retry-after': RETRY_AFTER_SECONDS };
    return new HttpProblem('issuer-unavailable', 'The same token may be sent again.', undefined, headers);
  }
  if (reason === 'missing') return new HttpProblem('auth-missing', HOW_TO, undefined, challenge(resource));
  return new HttpProblem('auth-invalid', INVALID, undefined, challenge(resource, 'invalid_token'));
}

/** Names all scopes at once, those too that the token has: a client asks for all of them with its next token. */
function scopeProblem({ required, missing }: ScopeMissing, resource: ProtectedResource | undefined): HttpProblem {
  const headers = challenge(resource, 'insufficient_scope', required);
  return new HttpProblem('scope-missing', `It lacks: ${missing.join(' ')}.`, undefined, headers);
}

/** RFC 6750, 3: no error is named to a client that has shown nothing. */
function challenge(
  resource: ProtectedResource | undefined,
  error?: string,
  scopes?: readonly string[],
): Readonly<Record<string, string>> {
  const parameters = {
    realm: 'agentyard',
    ...(error !== undefined && { error }),
    ...(scopes !== undefined && { scope: scopes.join(' ') }),
    // What clients are told to ask for comes first: some issuers call it otherwise than their tokens do.
    ...resource?.challenge,
  };
  const text = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return { 'www-authenticate': `Bearer ${text.join(', ')}` };
}
