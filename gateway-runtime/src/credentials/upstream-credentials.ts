import type { Departing } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';

/** Headers that show an MCP server who calls. */
export type CredentialHeaders = Readonly<Record<string, string>>;

/** What the gateway shows to one MCP server that is not ours. Never what its own client has shown. */
export interface UpstreamCredentials {
  /**
   * Headers of a request for a caller.
   *
   * @param signal aborted when nobody waits for it any more
   * @throws UpstreamCredentialsError
   */
  headersFor(caller: Caller, signal: Departing): Promise<CredentialHeaders>;

  /** The server has refused what it was shown for a caller: it is not shown again, if there can be something newer. */
  forget(caller: Caller): void;

  /** Why it has nothing to show, as far as that lies in what is mounted. */
  unready(): string | undefined;
}
