import { ANY_CALLER, type AuthInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { READABLE_BY_GROUP } from '../lib/workload/volumes';
import type { MountedVolume } from '../lib/workload/volumes';
import type { ApiKeys } from './api-keys';
import type { AuthMethod, RealmExchange } from './auth-method';
import type { KeycloakAuthOptions } from './introspection';
import type { IKeycloakRealm } from './keycloak-realm';
import type { McpGateway } from './mcp-gateway';
import type { EntraOptions, OidcOptions } from './oidc';
import type { Role } from './role';
import { TokenAuth } from './token-auth';
import { refuseSeveralOpaque } from './token-introspection';
import { callingTls } from './upstream-tls';
import { entraSource, keycloakIntrospection, oidcSource } from './token-sources';

const KEYS_VOLUME = 'api-keys';
const KEYS_DIRECTORY = '/var/run/secrets/agentyard/api-keys';

/** Options of the demo token. */
export interface DemoTokenOptions {
  /**
   * Roles of whoever sends it.
   * @default - none: it may call only what every caller may
   */
  readonly roles?: Role[];
}

/** Who may call a gateway. */
export class Auth {
  /** Whoever holds one of the keys whose hashes stand in a Secret. A Secret that is missing or empty lets nobody in. */
  public static apiKeys(keys: ApiKeys): Auth {
    const source = { secret: { secretName: keys.secretName, optional: true, defaultMode: READABLE_BY_GROUP } };
    return new Auth([
      {
        apiKeysSecret: keys.secretName,
        volumes: [{ name: KEYS_VOLUME, mountPath: KEYS_DIRECTORY, readOnly: true, source }],
        // Whoever makes a key gives it its roles.
        brings: () => true,
        section: () => ({ apiKeys: { directory: KEYS_DIRECTORY } }),
      },
    ]);
  }

  /**
   * Users and services of a realm of Keycloak, by access tokens that were issued for this gateway.
   *
   * @param realm a realm of the program, or one that is administered elsewhere
   */
  public static keycloak(realm: IKeycloakRealm, options: KeycloakAuthOptions = {}): Auth {
    const { introspection, tokenExchange: client, tlsOptions } = options;
    const tls = tlsOptions && callingTls('Auth.keycloak', tlsOptions, [realm._issuer.jwksUri ?? realm.issuer]);
    return new Auth([
      new TokenAuth({
        issuer: realm._issuer,
        tls,
        introspection: introspection && keycloakIntrospection(realm.issuer, introspection),
        declares: (role) => realm._declares(role),
        open: (gateway) => realm._open(gateway._workload),
        register: (gateway, audience) => realm._addGateway(gateway, audience, options),
        exchange: client && { realm, client, tls },
      }),
    ]);
  }

  /** Users and services of a Microsoft Entra ID tenant, by version 2 access tokens for one app registration. */
  public static entra(options: EntraOptions): Auth {
    return new Auth([new TokenAuth(entraSource(options))]);
  }

  /** Users and services of an OpenID Connect provider, by access tokens: JWTs, and opaque ones by introspection. */
  public static oidc(options: OidcOptions): Auth {
    return new Auth([new TokenAuth(oidcSource(options))]);
  }

  /**
   * Whoever sends the token `agentyard-demo-token`, which everybody knows. Warns at synth and in the gateway's log; fails
   * beside whatever a production has: another way to authenticate, an entry from outside of the cluster, a public URL.
   */
  public static demoToken(options: DemoTokenOptions = {}): Auth {
    const roles = (options.roles ?? []).map(({ roleName }) => roleName);
    if (roles.includes(ANY_CALLER)) throw anyCallerIsNoRole();
    return new Auth([
      {
        isDemo: true,
        brings: (role) => roles.includes(role.roleName),
        section: () => ({ demoToken: { roles } }),
      },
    ]);
  }

  /** Whoever one of these lets in, for example people by their tokens and machines by API keys. */
  public static anyOf(...auths: Auth[]): Auth {
    if (auths.some(({ _isNone }) => _isNone)) {
      throw new SynthError('AUTH_INVALID', 'Auth.anyOf', {
        message: 'Auth.none() lets everyone in, so what stands beside it would mean nothing',
        remedy: 'Leave it out, or use it alone',
      });
    }
    const methods = auths.flatMap(({ _methods }) => _methods);
    if (methods.length === 0) throw invalid('no way to authenticate is given', 'Give at least one');
    if (methods.filter(({ volumes }) => volumes?.some(({ name }) => name === KEYS_VOLUME)).length > 1) {
      throw invalid('API keys of two Secrets would be mounted at one place', 'Put the keys into one Secret');
    }
    if (methods.filter(({ isDemo }) => isDemo).length > 1) {
      throw invalid('the demo token is given twice', 'Give it once, with all of its roles');
    }
    const issuers = methods.flatMap(({ issuer }) => issuer ?? []);
    const twice = issuers.find((issuer, i) => issuers.indexOf(issuer) !== i);
    if (twice !== undefined) {
      throw invalid(`tokens of ${twice} are taken twice`, 'Name the issuer once, with all of its roles');
    }
    refuseSeveralOpaque(methods.flatMap((method) => (method.takesOpaqueTokens ? (method.issuer ?? []) : [])));
    return new Auth(methods);
  }

  /** Everyone who reaches the gateway. Warns at synth, and fails beside an entry from outside of the cluster, and a role. */
  public static none(): Auth {
    return new Auth([], true);
  }

  /** @internal */
  public readonly _methods: readonly AuthMethod[];
  /** @internal */
  public readonly _isNone: boolean;

  private constructor(methods: readonly AuthMethod[], isNone = false) {
    this._methods = methods;
    this._isNone = isNone;
  }

  /** @internal */
  public get _volumes(): readonly MountedVolume[] {
    return this._methods.flatMap(({ volumes = [] }) => volumes);
  }

  /** Secret of the API keys that count; absent: none do. @internal */
  public get _apiKeysSecret(): string | undefined {
    return this._methods.find(({ apiKeysSecret }) => apiKeysSecret !== undefined)?.apiKeysSecret;
  }

  /** How tokens of a realm are exchanged; absent: it is not said. @internal */
  public _exchange(realm: IKeycloakRealm): RealmExchange | undefined {
    return this._methods.find(({ exchange }) => exchange?.realm === realm)?.exchange;
  }

  /** Whether a caller of the gateway may have the role. @internal */
  public _brings(role: Role): boolean {
    return role.roleName === ANY_CALLER || this._methods.some((method) => method.brings(role));
  }

  /**
   * The section of the gateway's document. Throws AUDIENCE_MISSING.
   *
   * @param roles those that its agents and tools ask for
   * @internal
   */
  public _section(gateway: McpGateway, roles: readonly Role[]): AuthInput {
    if (this._isNone) return { mode: 'none' };
    const sections = this._methods.map((method) => method.section(gateway, roles));
    const issuers = sections.flatMap(({ issuers: found = [] }) => found);
    const url = gateway._publicUrl?.text;
    return {
      mode: 'credentials',
      issuers,
      apiKeys: sections.find(({ apiKeys }) => apiKeys !== undefined)?.apiKeys,
      demoToken: sections.find(({ demoToken }) => demoToken !== undefined)?.demoToken,
      resource:
        url === undefined || issuers.length === 0
          ? undefined
          : { url, scopes: [...new Set(sections.flatMap(({ scopes = [] }) => scopes))] },
    };
  }
}

function invalid(message: string, remedy: string): SynthError {
  return new SynthError('AUTH_INVALID', 'Auth.anyOf', { message, remedy });
}

function anyCallerIsNoRole(): SynthError {
  return new SynthError('ROLE_INVALID', 'Auth.demoToken', {
    message: 'Role.anyCaller() is no role that a caller has',
    remedy: 'Leave it out: the demo token is a caller without roles then',
  });
}
