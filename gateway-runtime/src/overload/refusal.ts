import type { ProblemCode } from 'agentyard/contract';

/** Why a request is not sent on: codes of problems, and the reasons in audit lines. */
export const REFUSALS = [
  'overloaded',
  'circuit-open',
  'rate-limited',
  'quota-exceeded',
  'quota-unavailable',
] as const satisfies readonly ProblemCode[];
export type RefusalCode = (typeof REFUSALS)[number];

/** Thrown when a request is not sent on because of load, or of what its caller has used. Nothing was sent. */
export class Refusal extends Error {
  /**
   * @param message a clause that says why, for example `its queue is full`
   * @param retryAfterMs when it may be sent again
   */
  public constructor(
    public readonly code: RefusalCode,
    message: string,
    private readonly retryAfterMs: number,
  ) {
    super(message);
    this.name = 'Refusal';
  }

  /** Value of `Retry-After`, in seconds (RFC 9110, 10.2.3). */
  public get retryAfter(): string {
    return String(Math.max(1, Math.ceil(this.retryAfterMs / 1_000)));
  }

  /** Whether it is the caller who asks for too much. */
  public get isOfCaller(): boolean {
    return this.code === 'rate-limited' || this.code === 'quota-exceeded';
  }
}
