import { randomUUID } from 'node:crypto';
import type { GatewayIdentity, McpServer, UpstreamCredentials as Section } from 'agentyard/contract';
import type { UserClaimSigner } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import { ExpiringMap } from '../auth/expiring-map.js';
import { CLAIM_MARGIN_MS, CLAIM_REUSE_MS, MAX_CLAIMS } from '../identity/signed-claims.js';
import type { CredentialHeaders, UpstreamCredentials } from './upstream-credentials.js';
import { UpstreamCredentialsError } from './upstream-credentials-error.js';

/** Who the user is, signed by the gateway, for one server that is not ours. */
export class UserClaimCredentials implements UpstreamCredentials {
  private readonly claims = new ExpiringMap<string>(MAX_CLAIMS);

  public constructor(
    private readonly server: Pick<McpServer, 'name' | 'timeoutMs'>,
    private readonly section: Extract<Section, { by: 'user-claim' }>,
    private readonly identity: GatewayIdentity,
    private readonly signer: UserClaimSigner,
  ) {}

  public async headersFor(caller: Caller): Promise<CredentialHeaders> {
    const key = JSON.stringify([caller.user, caller.issuer ?? null, [...caller.roles]]);
    const until = Date.now() + CLAIM_REUSE_MS;
    const jwt = this.claims.get(key) ?? (await this.sign(caller));
    if (this.claims.get(key) === undefined) this.claims.set(key, jwt, until);
    return { authorization: `Bearer ${jwt}` };
  }

  /** The next one is signed in a moment anyway. */
  public forget(): void {}

  /** The signing keys are asked about with the gateway's identity. */
  public unready(): undefined {
    return undefined;
  }

  private async sign({ user, issuer, roles }: Caller): Promise<string> {
    const claims = {
      iss: this.identity.issuer,
      sub: user,
      ...(issuer !== undefined && { idp: issuer }),
      roles: [...roles],
      aud: this.section.audience,
      azp: this.identity.subject,
      jti: randomUUID(),
    };
    try {
      return await this.signer.signForeign(claims, this.server.timeoutMs + CLAIM_MARGIN_MS);
    } catch (error) {
      throw new UpstreamCredentialsError('claim-unavailable', this.server.name, (error as Error).message);
    }
  }
}
