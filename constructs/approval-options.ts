import type { Duration } from 'cdk8s';
import type { Role } from './role';
import type { ITool } from './tool';

/** Which calls of tools wait for a person, and for whom. */
export interface ApprovalOptions {
  /** Tools of the agent whose calls wait: each call is made once somebody has approved it. */
  readonly tools: ITool[];
  /**
   * Who may approve: users with one of these roles, also users that may not invoke the agent. They see the arguments of the
   * calls.
   */
  readonly approvers: Role[];
  /**
   * Whether approvers may approve what was asked in requests of their own.
   * @default false
   */
  readonly ownRequests?: boolean;
  /**
   * How long a call waits, from a second to 90 days. After that it counts as denied.
   * @default Duration.hours(24)
   */
  readonly timeout?: Duration;
}
