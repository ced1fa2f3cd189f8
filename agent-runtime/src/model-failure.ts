import { EgressProxyError, HttpProblem, type Logger } from '@agentyard/runtime-kit';
import { APICallError, NoOutputGeneratedError, RetryError } from 'ai';
import { CredentialsError } from './providers/credentials-error.js';

/** A provider does not say what it has used, and limits hang on that. */
export class UsageMissingError extends Error {}

/** Status codes whose cause lies in the agent's configuration. */
const REMEDIES: Readonly<Record<number, string>> = {
  400: 'Check the model and its settings.',
  401: 'Check the API key.',
  403: 'Check the API key and what it may use.',
  404: 'Check the model id and the base URL.',
  429: 'Its rate limit is reached.',
};

/** What is told of requests that the egress proxy did not carry; their hosts come from the agent's own document. */
const EGRESS_TEXTS: Readonly<Record<EgressProxyError['reason'], (host: string) => string>> = {
  'egress-refused': (host) => `The egress proxy refused ${host}. Declare this host as egress of the agent.`,
  'egress-unreachable': () => 'The egress proxy does not answer.',
  'egress-failed': (host) => `The egress proxy could not reach ${host}.`,
  'egress-cut': (host) => `The egress proxy cut the connection to ${host}.`,
};

/**
 * The problem that stands for a failure of the model's provider. Clients and logs get its status alone, and how the
 * egress proxy or the credentials failed: bodies and messages of providers may repeat prompts and keys.
 */
export function modelProblem(thrown: unknown, provider: string, log: Logger): HttpProblem {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  const status = APICallError.isInstance(error) ? error.statusCode : undefined;
  const egress = EgressProxyError.in(error);
  const fields = {
    event: 'model-failed',
    provider,
    status,
    error: nameOf(error),
    ...(error instanceof CredentialsError && { reason: 'credentials', cause: nameOf(error.cause) }),
    ...(error instanceof UsageMissingError && { reason: 'usage-missing' }),
    ...(egress !== undefined && { reason: egress.reason, host: egress.host, proxyStatus: egress.status }),
  };
  log.error(fields, 'model provider failed');
  return new HttpProblem('model-failed', detailOf(error, status, egress));
}

/** The same as one of a few words, for metrics: the status that the provider answered with, if it is one of an error. */
export function modelErrorType(thrown: unknown): string {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  const status = APICallError.isInstance(error) ? error.statusCode : undefined;
  return status !== undefined && status >= 400 && status < 600 ? String(status) : 'failed';
}

function detailOf(error: unknown, status: number | undefined, egress: EgressProxyError | undefined): string {
  if (egress !== undefined) return EGRESS_TEXTS[egress.reason](egress.host);
  if (error instanceof CredentialsError)
    return 'No credentials for the provider could be had. Check its role and token.';
  if (error instanceof UsageMissingError)
    return 'The provider does not say how many tokens it has used. Limits of tokens and money need that.';
  if (status !== undefined && status >= 300) {
    const remedy = status < 400 ? 'Redirects are not followed; check the base URL.' : REMEDIES[status];
    return [`The provider answered with status ${status}.`, remedy].filter(Boolean).join(' ');
  }
  if (status !== undefined) return 'The provider gave an answer that could not be read.';
  if (APICallError.isInstance(error)) return 'The provider could not be reached.';
  if (NoOutputGeneratedError.isInstance(error)) return 'The provider gave no answer.';
  return 'The call of the provider failed or its answer broke off.';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
