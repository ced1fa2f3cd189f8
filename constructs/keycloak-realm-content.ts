import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { ErrorCode } from '../lib/errors/codes';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { clientIdFault, ownRoleFault, textFault, usernameFault } from '../lib/identity/keycloak/names';
import { clientVariable, userVariable } from '../lib/identity/keycloak/placeholder';
import type {
  ExchangeSpec,
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
import type { KeycloakExchangeClient } from './keycloak-exchange';
import { Role } from './role';
import { requireSameProgram } from './workload';

/** What a program adds to a realm. Each name is checked when it is added. */
export class RealmContent {
  private readonly roles = new Map<string, { readonly role: Role; readonly spec: RoleSpec }>();
  private readonly gateways = new Map<IConstruct, GatewaySpec>();
  private readonly exchanges = new Map<IConstruct, ExchangeSpec>();
  /** Entries of Secrets that clients of gateways have, and whose they are. */
  private readonly secrets = new Map<string, { readonly gateway: IConstruct; readonly clientId: string }>();
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
    const gateways = [...this.gateways].map(([gateway, spec]) => ({ ...spec, exchange: this.exchanges.get(gateway) }));
    return { roles, gateways, clients, serviceClients, users };
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
    this.refuseAudience(gateway, audience);
    const scope = `mcp:${nameOf(gateway)}`;
    if (secret !== undefined && this.gateways.get(gateway)?.introspectionSecret === undefined) {
      this.claimClient(gateway, scope, secret, 'INTROSPECTION_INVALID');
    }
    this.gateways.set(gateway, { scope, audience, introspectionSecret: secret });
    return scope;
  }

  /**
   * Adds the client by which a gateway exchanges tokens, if it is not there yet, and one that stands for the server.
   *
   * @param client how the gateway shows who it is
   * @param audience id of the client that stands for the server; one that the program has added is used
   * @throws SynthError AUDIENCE_TAKEN, REALM_DUPLICATE, REALM_INVALID, TOKEN_EXCHANGE_INVALID
   */
  public addExchange(gateway: IConstruct, client: KeycloakExchangeClient | undefined, audience: string): void {
    this.refuse('REALM_INVALID', clientIdFault(audience));
    if (client === undefined) {
      throw new SynthError('TOKEN_EXCHANGE_INVALID', gateway, {
        message: `tokens of ${this.realm.node.path} would be exchanged for such as are for "${audience}", and its auth names no client for that`,
        remedy:
          "Name one: Auth.keycloak(realm, { tokenExchange: KeycloakExchangeClient.withSecret('exchange', 'secret') })",
      });
    }
    this.addTarget(gateway, audience);
    const known = this.exchanges.get(gateway);
    const clientId = exchangeClientId(gateway);
    const { _secret: entry, _publicKey: key } = client;
    if (known === undefined) this.claimClient(gateway, clientId, entry, 'TOKEN_EXCHANGE_INVALID');
    const audiences = [...new Set([...(known?.audiences ?? []), audience])];
    this.exchanges.set(gateway, { clientId, audiences, ...(key ? { jwks: key.jwks } : { secret: entry }) });
  }

  private addTarget(gateway: IConstruct, audience: string): void {
    const owner = [...this.gateways].find(([, known]) => known.audience === audience)?.[0];
    if (owner !== undefined) throw targetOfGateway(gateway, audience, owner);
    const isKnown = [...this.clients, ...this.serviceClients].some(({ clientId }) => clientId === audience);
    const isTarget = [...this.exchanges.values()].some(({ audiences }) => audiences.includes(audience));
    if (!isKnown && !isTarget) this.claim('client', audience, audience.toLowerCase());
  }

  /** A server that shares the audience of a gateway could call it with what it is shown, as the user. */
  private refuseAudience(gateway: IConstruct, audience: string): void {
    const owner = [...this.exchanges].find(([, { audiences }]) => audiences.includes(audience))?.[0];
    if (owner !== undefined) throw targetOfGateway(owner, audience, gateway);
  }

  /** Whoever has the secret of two clients could do what both may. */
  private claimClient(gateway: IConstruct, clientId: string, { secretName, key }: SecretKey, code: ErrorCode): void {
    const entry = `${secretName}/${key}`;
    const other = this.secrets.get(entry);
    if (other !== undefined) {
      const whose = other.gateway === gateway ? `its client ${other.clientId}` : other.gateway.node.path;
      throw new SynthError(code, gateway, {
        message: `its client secret is that of ${whose}, the entry "${key}" of ${secretName}, so whoever has one could do what the other may`,
        remedy: 'Give each its own entry of a Secret, and each gateway an Auth.keycloak of its own',
      });
    }
    this.claim('client', clientId, clientId.toLowerCase());
    this.claim('client', clientId, clientVariable(this.realmName, clientId));
    this.secrets.set(entry, { gateway, clientId });
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

/** Id of the client by which a gateway exchanges tokens. */
export function exchangeClientId(gateway: IConstruct): string {
  return `exchange:${nameOf(gateway)}`;
}

function nameOf(gateway: IConstruct): string {
  return `${Chart.of(gateway).namespace ?? ''}/${gateway.node.id}`;
}

function targetOfGateway(gateway: IConstruct, audience: string, owner: IConstruct): SynthError {
  return new SynthError('AUDIENCE_TAKEN', gateway, {
    message: `"${audience}" is the audience of ${owner.node.path}, and a server with such tokens could call that as the user`,
    remedy: 'Give the server an audience of its own',
  });
}

/** @throws SynthError ROLE_UNKNOWN */
export function unknownRole(realm: IConstruct, name: string, known: readonly string[]): never {
  throw new SynthError('ROLE_UNKNOWN', realm, {
    message: `the realm has no role "${name}"; it has ${known.length > 0 ? [...known].sort().join(', ') : 'none'}`,
    remedy: 'Declare it first, or correct the name',
  });
}
