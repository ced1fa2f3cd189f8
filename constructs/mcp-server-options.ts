import type { Duration } from 'cdk8s';
import type { ArgumentRule } from './argument-rule';
import type { LoadLimits } from './load-limits';
import type { Role } from './role';
import type { UpstreamCredentials } from './upstream-credentials';

/** What an MCP server may ask of a client while it answers it. */
export enum ClientFeature {
  /** To put a question to its user. */
  ELICITATION = 'elicitation',
  /** Which directories it works in. */
  ROOTS = 'roots',
  /** To have its model write something. */
  SAMPLING = 'sampling',
}

/** Options of every MCP server behind a gateway: who may use what of it, and how long it may take. */
export interface McpServerOptions {
  /**
   * Users who may see and call single tools, by the tool's name in its server, in place of `otherToolRoles`.
   * @default - all tools as `otherToolRoles` says
   */
  readonly toolRoles?: Record<string, Role[]>;
  /**
   * Users who may see and call its other tools, also those that it gets later: those with one of these roles.
   * @default - nobody
   */
  readonly otherToolRoles?: Role[];
  /**
   * Which arguments may be given to single tools, by the tool's name in its server: at most one rule for each role that
   * may call it. A role without a rule may give all of them, and of several roles of a user any is enough.
   * @default - all arguments
   */
  readonly argumentRules?: Record<string, ArgumentRule[]>;
  /**
   * Users who may list and read its resources.
   * @default - nobody
   */
  readonly resourceRoles?: Role[];
  /**
   * Users who may list and get its prompts.
   * @default - nobody
   */
  readonly promptRoles?: Role[];
  /**
   * What it may ask of the client that calls it.
   * @default - nothing
   */
  readonly mayAsk?: ClientFeature[];
  /**
   * Longest time of one request to it.
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;
  /**
   * How long a list, or the opening of a session, waits for it before it goes on without it.
   * @default Duration.seconds(5)
   */
  readonly listTimeout?: Duration;
  /**
   * How much a gateway sends to it at once.
   * @default - as the members say
   */
  readonly load?: LoadLimits;
  /**
   * What gateways show it.
   * @default - nothing
   */
  readonly credentials?: UpstreamCredentials;
}
