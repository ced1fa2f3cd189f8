import { createHash } from 'node:crypto';
import { TOKEN_ALGORITHMS } from 'agentyard/contract';
import { CallerRefused } from './caller-refused.js';
import { checkJwt, JwtError } from './jwt-check.js';
import type { TrustedKeys } from './trusted-keys.js';

/** Longest service token; those of Kubernetes have about 1,200 characters. */
export const MAX_TOKEN_LENGTH = 8_192;

/** How long a token that was verified counts without being verified again, and how many of them are kept. */
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 1_000;

interface Verified {
  readonly subject: string;
  readonly until: number;
}

/** Checks the ServiceAccount tokens that callers show to one service. */
export class ServiceTokenCheck {
  /** By hash, in the order in which they were verified; for the keys that they were verified with. */
  private readonly verified = new Map<string, Verified>();
  private keys: TrustedKeys | undefined;

  public constructor(private readonly audience: string) {}

  /**
   * The ServiceAccount of the caller, `system:serviceaccount:<namespace>:<name>`.
   *
   * @throws CallerRefused `auth-invalid`
   */
  public async subjectOf(token: string, keys: TrustedKeys): Promise<string> {
    if (token.length > MAX_TOKEN_LENGTH) throw new CallerRefused('auth-invalid', 'token-malformed');
    if (keys !== this.keys) this.forgetAll(keys);
    const hash = createHash('sha256').update(token).digest('base64');
    const known = this.verified.get(hash);
    if (known !== undefined && known.until > Date.now()) return known.subject;
    const { sub, exp } = await this.verify(token, keys);
    // The bundle may have changed meanwhile.
    if (keys === this.keys)
      this.remember(hash, { subject: sub, until: Math.min(exp * 1000, Date.now() + REMEMBERED_MS) });
    return sub;
  }

  private async verify(token: string, { clusterIssuer, cluster }: TrustedKeys) {
    try {
      return await checkJwt(token, cluster, {
        issuer: clusterIssuer,
        audience: this.audience,
        algorithms: TOKEN_ALGORITHMS,
      });
    } catch (error) {
      if (!(error instanceof JwtError)) throw error;
      throw new CallerRefused('auth-invalid', `token-${error.fault}`, { caller: error.subject });
    }
  }

  private remember(hash: string, verified: Verified): void {
    this.verified.delete(hash);
    this.verified.set(hash, verified);
    const [oldest] = this.verified.keys();
    if (this.verified.size > MOST_REMEMBERED && oldest !== undefined) this.verified.delete(oldest);
  }

  private forgetAll(keys: TrustedKeys): void {
    this.verified.clear();
    this.keys = keys;
  }
}
