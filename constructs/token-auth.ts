import type { TokenIssuerInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import type { AuthMethod, AuthSection } from './auth-method';
import type { McpGateway } from './mcp-gateway';
import type { Role } from './role';

/** An issuer of access tokens, as a gateway sees it. */
export interface TokenSource {
  /** What is told of it beside audiences and roles. */
  readonly issuer: Omit<TokenIssuerInput, 'audiences' | 'roles'>;
  /** Audience that its tokens have for every gateway; absent: the gateway's public URL. */
  readonly audience?: string;
  /** Whether it gives the role to users. */
  declares(role: Role): boolean;
  /** Opens the way from the gateway to its keys. */
  open(gateway: McpGateway): void;
  /** Makes it issue tokens for the gateway. @returns the scope to ask it for, if there is one @throws SynthError */
  register?(gateway: McpGateway, audience: string): string | undefined;
}

/** Access tokens of one issuer. */
export class TokenAuth implements AuthMethod {
  /** Scopes to ask for, by gateway. */
  private readonly scopes = new Map<McpGateway, string | undefined>();

  public constructor(private readonly source: TokenSource) {}

  public brings(role: Role): boolean {
    return this.source.declares(role);
  }

  public attach(gateway: McpGateway): void {
    this.source.open(gateway);
    this.scopes.set(gateway, this.source.register?.(gateway, this.audienceFor(gateway)));
  }

  public section(gateway: McpGateway, roles: readonly Role[]): AuthSection {
    const scope = this.scopes.get(gateway);
    const brought = roles.filter((role) => this.source.declares(role)).map(({ roleName }) => roleName);
    const issuer = {
      ...this.source.issuer,
      audiences: [this.audienceFor(gateway)],
      roles: [...new Set(brought)].sort(),
    };
    return { issuers: [issuer], scopes: scope === undefined ? [] : [scope] };
  }

  private audienceFor(gateway: McpGateway): string {
    const audience = this.source.audience ?? gateway._publicUrl?.text;
    if (audience !== undefined) return audience;
    throw new SynthError('AUDIENCE_MISSING', gateway, {
      message: `access tokens of ${this.source.issuer.issuer} would have no audience, so those for other services would count here`,
      remedy: "Give the gateway its public URL, which is their audience: publicUrl: 'https://mcp.example.com'",
    });
  }
}
