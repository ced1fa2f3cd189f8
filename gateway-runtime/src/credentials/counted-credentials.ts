import type { Departing, EventCount } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { CredentialHeaders, UpstreamCredentials } from './upstream-credentials.js';
import { UpstreamCredentialsError } from './upstream-credentials-error.js';

/** Counts the times that there was nothing to show, by reason. */
export class CountedCredentials implements UpstreamCredentials {
  public constructor(
    private readonly credentials: UpstreamCredentials,
    private readonly failures: EventCount,
  ) {}

  public async headersFor(caller: Caller, signal: Departing): Promise<CredentialHeaders> {
    try {
      return await this.credentials.headersFor(caller, signal);
    } catch (error) {
      if (error instanceof UpstreamCredentialsError) this.failures.add(error.reason);
      throw error;
    }
  }

  public forget(caller: Caller): void {
    this.credentials.forget(caller);
  }

  public unready(): string | undefined {
    return this.credentials.unready();
  }
}
