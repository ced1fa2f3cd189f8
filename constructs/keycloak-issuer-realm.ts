import { Construct, type IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { baseUrlOf, introspectionUrl, jwksUrl, realmUrl } from '../lib/identity/keycloak/base-url';
import type { TokenIssuerInput } from '../lib/contract';
import type { KeycloakAuthOptions, KeycloakIntrospection } from './introspection';
import type { KeycloakAudience, KeycloakIssuerOptions } from './keycloak-issuer';
import type { NetworkOpener } from './keycloak-network';
import type { IKeycloakRealm } from './keycloak-realm';
import { unknownRole } from './keycloak-realm-content';
import { KeycloakServer } from './keycloak-server';
import { claimRealm } from './realm-claim';
import { Role } from './role';
import type { Registration } from './token-auth';
import type { IntrospectionClient } from './token-introspection';

/** What gateways are told of a realm, beside audiences and roles. */
export type RealmIssuer = Omit<TokenIssuerInput, 'audiences' | 'introspection' | 'roles' | 'tls'>;

/** A realm that is administered elsewhere. Nothing is made for it. */
export class IssuerRealm extends Construct implements IKeycloakRealm {
  public readonly issuer: string;
  public readonly _issuer: RealmIssuer;
  private readonly publicUrl: URL;
  private readonly server: KeycloakServer;
  private readonly roles: ReadonlyMap<string, Role>;
  private readonly audiences: readonly KeycloakAudience[];
  private readonly introspectionEndpoint: string;

  /** @throws SynthError REALM_INVALID, ROLE_INVALID */
  public constructor(scope: Construct, id: string, options: KeycloakIssuerOptions) {
    super(scope, id);
    const [, base, realm] = /^(.+)\/realms\/([^/]+)$/.exec(options.issuer) ?? [];
    const url = base === undefined ? undefined : baseUrlOf(base);
    if (!(url instanceof URL) || realm === undefined || realmUrl(url, realm) !== options.issuer) {
      throw new SynthError('REALM_INVALID', this, {
        message: `"${options.issuer}" is no issuer of a realm of Keycloak`,
        remedy: 'Give what its tokens have as `iss`, such as https://sso.example.com/realms/acme, or use Auth.oidc',
      });
    }
    if (options.audiences.length === 0) {
      throw new SynthError('REALM_INVALID', this, {
        message: 'no audience is named, so it would issue tokens for no gateway',
        remedy: "Name those that its administrator has made: audiences: [{ audience: 'https://mcp.example.com' }]",
      });
    }
    this.issuer = options.issuer;
    claimRealm(this, this.issuer);
    this.publicUrl = url;
    this.server = options.server ?? KeycloakServer.external();
    this.audiences = options.audiences;
    this.roles = new Map(options.roles.map((name) => [name, Role._ofRealm(this, name)]));
    const fault = this.server._fault(url);
    if (fault !== undefined) throw new SynthError('REALM_INVALID', this, fault);
    this.introspectionEndpoint = introspectionUrl(this.server._baseUrl(url), realm);
    this._issuer = {
      issuer: this.issuer,
      jwksUri: jwksUrl(this.server._baseUrl(url), realm),
      roleClaims: [['realm_access', 'roles']],
    };
  }

  public role(name: string): Role {
    return this.roles.get(name) ?? unknownRole(this, name, [...this.roles.keys()]);
  }

  public _declares(role: Role): boolean {
    return role._realm === this;
  }

  public _addGateway(gateway: IConstruct, audience: string, options: KeycloakAuthOptions = {}): Registration {
    const { introspection, tokenExchange } = options;
    if (tokenExchange !== undefined) {
      throw new SynthError('TOKEN_EXCHANGE_INVALID', gateway, {
        message: `tokenExchange needs a client that the program makes, and the realm ${this.issuer} is administered elsewhere`,
        remedy: 'Let its administrator make one (docs/keycloak.md), and name it in UpstreamCredentials.tokenExchange',
      });
    }
    const found = this.audiences.find((known) => known.audience === audience);
    if (found !== undefined) {
      return { scope: found.scope, introspection: introspection && this.clientOf(gateway, introspection) };
    }
    const known = this.audiences.map((other) => other.audience);
    throw new SynthError('AUDIENCE_UNKNOWN', gateway, {
      message: `the realm ${this.issuer} issues no tokens for "${audience}"; it does for ${known.join(', ')}`,
      remedy: 'Let its administrator add the audience (docs/keycloak.md), and then name it in KeycloakRealm.fromIssuer',
    });
  }

  private clientOf(gateway: IConstruct, { clientId }: KeycloakIntrospection): IntrospectionClient {
    if (clientId !== undefined) return { endpoint: this.introspectionEndpoint, clientId };
    throw new SynthError('INTROSPECTION_INVALID', gateway, {
      message: `no client is named by which it could ask the realm ${this.issuer} about tokens`,
      remedy: 'Let its administrator make one (docs/keycloak.md), and name it: introspection: { clientId, ... }',
    });
  }

  public _open(opener: NetworkOpener): void {
    this.server._open(opener, this.publicUrl);
  }
}
