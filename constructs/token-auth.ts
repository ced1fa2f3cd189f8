import type { IConstruct } from 'constructs';
import type { TokenIssuerInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { callingTlsFiles, callingTlsVolumes, type CallingTls } from '../lib/workload/calling-tls';
import type { MountedVolume } from '../lib/workload/volumes';
import type { AuthMethod, AuthSection } from './auth-method';
import type { McpGateway } from './mcp-gateway';
import type { Role } from './role';
import type { IntrospectionClient, TokenIntrospection } from './token-introspection';

/** An issuer of access tokens, as a gateway sees it. */
export interface TokenSource {
  /** What is told of it beside audiences and roles. */
  readonly issuer: Omit<TokenIssuerInput, 'audiences' | 'introspection' | 'roles' | 'tls'>;
  /** How it is asked about tokens; absent: it is not. */
  readonly introspection?: TokenIntrospection;
  /** Scopes to ask it for, for whatever gateway; absent: those of the registration. */
  readonly scopes?: readonly string[];
  /** Audience that its tokens have for every gateway; absent: the gateway's public URL. */
  readonly audience?: string;
  /** TLS of the connections to it; absent: as all are. */
  readonly tls?: CallingTls;
  /** The client by which its tokens are exchanged; absent: they are not. */
  readonly exchange?: AuthMethod['exchange'];
  /** Whether it gives the role to users. */
  declares(role: Role): boolean;
  /** Opens the way from the gateway to its keys, and to where it is asked about tokens. */
  open(gateway: McpGateway): void;
  /** Makes it issue tokens for the gateway. @throws SynthError */
  register?(gateway: McpGateway, audience: string): Registration;
}

/** What an issuer has for a gateway. */
export interface Registration {
  /** The scope to ask it for, if there is one. */
  readonly scope?: string;
  /** The client that asks about tokens, if there is one. */
  readonly introspection?: IntrospectionClient;
}

/** Access tokens of one issuer. */
export class TokenAuth implements AuthMethod {
  /** What the issuer has for each gateway. */
  private readonly registrations = new Map<McpGateway, Registration>();

  public constructor(private readonly source: TokenSource) {}

  public get issuer(): string {
    return this.source.issuer.issuer;
  }

  public get exchange(): AuthMethod['exchange'] {
    return this.source.exchange;
  }

  public get takesOpaqueTokens(): boolean {
    return this.source.introspection?.takesOpaqueTokens ?? false;
  }

  public get volumes(): readonly MountedVolume[] {
    const { introspection, tls } = this.source;
    return [
      ...(introspection === undefined ? [] : [introspection.volume]),
      ...(tls === undefined ? [] : callingTlsVolumes(this.whom, tls)),
    ];
  }

  public brings(role: Role): boolean {
    return this.source.declares(role);
  }

  public attach(gateway: McpGateway): void {
    this.source.open(gateway);
    claimAudience(gateway, this.source.issuer.issuer, this.audienceFor(gateway));
    this.registrations.set(gateway, this.source.register?.(gateway, this.audienceFor(gateway)) ?? {});
  }

  public section(gateway: McpGateway, roles: readonly Role[]): AuthSection {
    const { scope, introspection } = this.registrations.get(gateway) ?? {};
    const brought = roles.filter((role) => this.source.declares(role)).map(({ roleName }) => roleName);
    const issuer = {
      ...this.source.issuer,
      audiences: [this.audienceFor(gateway)],
      roles: [...new Set(brought)].sort(),
      introspection: this.source.introspection?.section(introspection),
      tls: this.source.tls && callingTlsFiles(this.whom, this.source.tls),
    };
    return { issuers: [issuer], scopes: [...(this.source.scopes ?? []), ...(scope === undefined ? [] : [scope])] };
  }

  private get whom(): string {
    return `issuer ${this.issuer}`;
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

/** Gateways by issuer and audience, of each program. */
const audiences = new WeakMap<IConstruct, Map<string, McpGateway>>();

/** Two gateways with one audience would take each other's tokens. @throws SynthError AUDIENCE_TAKEN */
function claimAudience(gateway: McpGateway, issuer: string, audience: string): void {
  const { root } = gateway.node;
  const owners = audiences.get(root) ?? new Map<string, McpGateway>();
  audiences.set(root, owners);
  const key = JSON.stringify([issuer, audience]);
  const owner = owners.get(key);
  owners.set(key, owner ?? gateway);
  if (owner === undefined || owner === gateway) return;
  throw new SynthError('AUDIENCE_TAKEN', gateway, {
    message: `"${audience}" of ${issuer} is the audience of ${owner.node.path} already, and each would take tokens for the other`,
    remedy: 'Give each gateway an audience of its own: its publicUrl, or another application of Entra',
  });
}
