import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { ErrorCode } from '../lib/errors/codes';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { clientIdFault, ownRoleFault, textFault, usernameFault } from '../lib/identity/keycloak/names';
import { clientVariable, userVariable } from '../lib/identity/keycloak/placeholder';
import type {
  GatewaySpec,
  PublicClientSpec,
  RealmMembers,
  RoleSpec,
  SecretKey,
  ServiceClientSpec,
  UserSpec,
} from '../lib/identity/keycloak/realm-spec';
import { originFault, originsOf, redirectUriFault } from '../lib/identity/keycloak/redirect-uri';
import type {
  KeycloakClientOptions,
  KeycloakRoleOptions,
  KeycloakServiceClientOptions,
  KeycloakUserOptions,
} from './keycloak-client';
import { Role } from './role';
import { requireSameProgram } from './workload';

/** What a program adds to a realm. Each name is checked when it is added. */
export class RealmContent {
  private readonly roles = new Map<string, { readonly role: Role; readonly spec: RoleSpec }>();
  private readonly gateways = new Map<IConstruct, GatewaySpec>();
  private readonly clients: PublicClientSpec[] = [];
  private readonly serviceClients: ServiceClientSpec[] = [];
  private readonly users: UserSpec[] = [];
  /** What Keycloak, or a variable, could not tell apart. */
  private readonly taken = new Set<string>();

  public constructor(
    private readonly realm: IConstruct,
    private readonly realmName: string,
  ) {}

  public get members(): RealmMembers {
    const { clients, serviceClients, users } = this;
    const roles = [...this.roles.values()].map(({ spec }) => spec);
    return { roles, gateways: [...this.gateways.values()], clients, serviceClients, users };
  }

  /** @throws SynthError REALM_DUPLICATE, REALM_INVALID, ROLE_INVALID, ROLE_UNKNOWN */
  public addRole(name: string, { description = '', includes = [] }: KeycloakRoleOptions): Role {
    const role = Role._ofRealm(this.realm, name);
    this.refuse('REALM_DUPLICATE', ownRoleFault(name));
    this.refuse('REALM_INVALID', textFault(description));
    const spec = { name, description, includes: this.namesOf(includes) };
    this.claim('role', name, name);
    this.roles.set(name, { role, spec });
    return role;
  }

  /** @throws SynthError ROLE_UNKNOWN */
  public role(name: string): Role {
    return this.roles.get(name)?.role ?? unknownRole(this.realm, name, [...this.roles.keys()]);
  }

  /** @throws SynthError REALM_DUPLICATE, REALM_INVALID, REDIRECT_URI_INVALID */
  public addClient(clientId: string, options: KeycloakClientOptions): void {
    const { redirectUris, displayName = clientId, description = '', consentRequired = false } = options;
    this.refuse('REALM_INVALID', clientIdFault(clientId));
    for (const text of [displayName, description]) this.refuse('REALM_INVALID', textFault(text));
    if (redirectUris.length === 0) {
      this.refuse('REDIRECT_URI_INVALID', {
        message: `the client "${clientId}" has no redirect URI, so nobody could sign in with it`,
        remedy: 'Give at least one, or use addServiceClient for a client that acts for itself',
      });
    }
    for (const uri of redirectUris) this.refuse('REDIRECT_URI_INVALID', redirectUriFault(uri));
    const webOrigins = options.webOrigins ?? originsOf(redirectUris);
    for (const origin of webOrigins) this.refuse('REDIRECT_URI_INVALID', originFault(origin));
    this.claim('client', clientId, clientId.toLowerCase());
    this.clients.push({ clientId, displayName, description, redirectUris, webOrigins, consentRequired });
  }

  /** @throws SynthError REALM_DUPLICATE, REALM_INVALID, ROLE_UNKNOWN */
  public addServiceClient(clientId: string, options: KeycloakServiceClientOptions): void {
    const { credentials, roles = [], description = '' } = options;
    this.refuse('REALM_INVALID', clientIdFault(clientId));
    this.refuse('REALM_INVALID', textFault(description));
    const names = this.namesOf(roles);
    this.claim('client', clientId, clientId.toLowerCase());
    const { _secret: secret, _jwksUrl: jwksUrl } = credentials;
    if (secret !== undefined) this.claim('client', clientId, clientVariable(this.realmName, clientId));
    this.serviceClients.push({ clientId, description, roles: names, secret, jwksUrl });
  }

  /** @throws SynthError REALM_DUPLICATE, REALM_INVALID, ROLE_UNKNOWN */
  public addUser(username: string, options: KeycloakUserOptions): void {
    const { password, temporaryPassword = true, roles = [], email, firstName, lastName } = options;
    this.refuse('REALM_INVALID', usernameFault(username));
    for (const text of [email, firstName, lastName]) this.refuse('REALM_INVALID', textFault(text ?? ''));
    const names = this.namesOf(roles);
    this.claim('user', username, userVariable(this.realmName, username));
    const person = { username, email, firstName, lastName, roles: names };
    this.users.push({ ...person, password: password._secret, temporary: temporaryPassword });
  }

  /**
   * Adds the scope of a gateway, and the client of the same name by which it asks about its tokens.
   *
   * @param secret of the client; absent: there is none
   * @returns the name
   * @throws SynthError AUDIENCE_TAKEN, INTROSPECTION_INVALID, NOT_IN_PROGRAM, REALM_DUPLICATE, REALM_INVALID
   */
  public addGateway(gateway: IConstruct, audience: string, secret?: SecretKey): string {
    requireSameProgram(gateway, this.realm);
    this.refuse('REALM_INVALID', textFault(audience));
    const owner = [...this.gateways].find(([other, known]) => other !== gateway && known.audience === audience)?.[0];
    if (owner !== undefined) {
      throw new SynthError('AUDIENCE_TAKEN', gateway, {
        message: `"${audience}" is the audience of ${owner.node.path} already, and each would take tokens for the other`,
        remedy: 'Give each gateway a public URL of its own',
      });
    }
    const scope = `mcp:${Chart.of(gateway).namespace ?? ''}/${gateway.node.id}`;
    if (secret !== undefined) this.claimIntrospection(gateway, scope, secret);
    this.gateways.set(gateway, { scope, audience, introspectionSecret: secret });
    return scope;
  }

  /** Whoever has the secret of two could ask about tokens for the other, too. */
  private claimIntrospection(gateway: IConstruct, clientId: string, { secretName, key }: SecretKey): void {
    if (this.gateways.get(gateway)?.introspectionSecret !== undefined) return;
    const other = [...this.gateways].find(
      ([, { introspectionSecret: known }]) => known?.secretName === secretName && known.key === key,
    )?.[0];
    if (other !== undefined) {
      throw new SynthError('INTROSPECTION_INVALID', gateway, {
        message: `its client secret is that of ${other.node.path}, the entry "${key}" of ${secretName}, so each could ask about tokens for the other`,
        remedy: 'Give each gateway an Auth.keycloak of its own, with another entry of a Secret',
      });
    }
    this.claim('client', clientId, clientId.toLowerCase());
    this.claim('client', clientId, clientVariable(this.realmName, clientId));
  }

  private namesOf(roles: readonly Role[]): string[] {
    const foreign = roles.find((role) => role._realm !== this.realm);
    if (foreign !== undefined) return unknownRole(this.realm, foreign.roleName, [...this.roles.keys()]);
    return [...new Set(roles.map(({ roleName }) => roleName))];
  }

  /** Takes a key for a thing that has a name. */
  private claim(what: 'role' | 'client' | 'user', name: string, key: string): void {
    const claimed = `${what} ${key}`;
    if (this.taken.has(claimed)) {
      this.refuse('REALM_DUPLICATE', {
        message: `the realm has a ${what} "${name}" already, or one that is told apart by case or signs alone`,
        remedy: 'Choose another name',
      });
    }
    this.taken.add(claimed);
  }

  private refuse(code: ErrorCode, fault: SynthFault | undefined): void {
    if (fault !== undefined) throw new SynthError(code, this.realm, fault);
  }
}

/** @throws SynthError ROLE_UNKNOWN */
export function unknownRole(realm: IConstruct, name: string, known: readonly string[]): never {
  throw new SynthError('ROLE_UNKNOWN', realm, {
    message: `the realm has no role "${name}"; it has ${known.length > 0 ? [...known].sort().join(', ') : 'none'}`,
    remedy: 'Declare it first, or correct the name',
  });
}
