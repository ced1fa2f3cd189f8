import type { ProblemCode } from 'agentyard/contract';
import type { RequestContext } from '../exchange.js';
import { HttpProblem } from '../http-problem.js';
import type { JwtFault } from './jwt-check.js';

/** Why a service was not let in, in a word for the audit line. It is not told to the caller. */
export type RefusalReason =
  | 'trust-missing'
  | 'token-missing'
  | `token-${JwtFault}`
  | 'caller-unknown'
  | `claim-${JwtFault}`
  | 'claim-lifetime'
  | 'claim-party'
  | 'no-user'
  | 'role-missing';

/** Who called, as far as that is known. */
export interface KnownCaller {
  /** Name of the caller in the document, or its ServiceAccount if the document does not name it. */
  readonly caller?: string;
  readonly user?: string;
}

type RefusalCode = Extract<
  ProblemCode,
  'auth-missing' | 'auth-invalid' | 'caller-refused' | 'role-missing' | 'issuer-unavailable'
>;

/** Longest user name in an audit line; a claim that is malformed may carry any. */
const MAX_USER_LENGTH = 256;

/** RFC 6750, 3: what a 401 must say. */
const CHALLENGES: Readonly<Partial<Record<RefusalCode, string>>> = {
  'auth-missing': 'Bearer',
  'auth-invalid': 'Bearer error="invalid_token"',
};

/** The answer to a service that may not call, or not for this user. */
export class CallerRefused extends HttpProblem {
  public constructor(
    code: RefusalCode,
    public readonly reason: RefusalReason,
    private readonly known: KnownCaller = {},
  ) {
    const challenge = CHALLENGES[code];
    super(code, undefined, undefined, challenge === undefined ? {} : { 'www-authenticate': challenge });
    this.name = 'CallerRefused';
  }

  /** Fields of the audit line. */
  public get audit(): Readonly<Record<string, unknown>> {
    const { caller, user } = this.known;
    return { type: 'audit', decision: 'denied', reason: this.reason, caller, user: user?.slice(0, MAX_USER_LENGTH) };
  }
}

/** Runs a check of who calls. What it refuses makes the line of the request an audit line. */
export async function auditRefusal<T>(context: Pick<RequestContext, 'annotate'>, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof CallerRefused) context.annotate(error.audit);
    throw error;
  }
}
