import { ApiObject, Chart, Duration, Lazy } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import type { UpstreamCredentialsInput } from '../lib/contract';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { claimObjectName } from '../lib/workload/object-names';
import { baseUrlOf, introspectionUrl, jwksUrl, realmUrl, tokenUrl } from '../lib/identity/keycloak/base-url';
import { targetScopeName } from '../lib/identity/keycloak/client-scopes';
import { realmNameFault, textFault } from '../lib/identity/keycloak/names';
import { OPERATOR_API_VERSION, realmImportSpec } from '../lib/identity/keycloak/operator';
import { clientPlaceholders, placeholders, userPlaceholders } from '../lib/identity/keycloak/placeholder';
import { realmRepresentation } from '../lib/identity/keycloak/realm';
import { realmFileText } from '../lib/identity/keycloak/realm-file';
import type { RealmSettings, RealmSpec } from '../lib/identity/keycloak/realm-spec';
import { splitIntoConfigMaps } from '../lib/synth/config-map-size';
import { chartNamespace } from '../lib/workload/chart-namespace';
import { LONGEST_CRON_JOB_NAME } from '../lib/workload/job';
import { APP_LABEL } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';
import { AppId } from './app-id';
import type { KeycloakAuthOptions } from './introspection';
import type { KeycloakAdministrator } from './keycloak-administrator';
import type {
  KeycloakClientOptions,
  KeycloakRoleOptions,
  KeycloakServiceClientOptions,
  KeycloakUserOptions,
} from './keycloak-client';
import { KeycloakDelivery } from './keycloak-delivery';
import type { KeycloakExchangeClient } from './keycloak-exchange';
import type { KeycloakIssuerOptions } from './keycloak-issuer';
import { IssuerRealm, type RealmIssuer } from './keycloak-issuer-realm';
import type { NetworkOpener } from './keycloak-network';
import { exchangeClientId, RealmContent } from './keycloak-realm-content';
import { JOB_SUFFIX, RealmJob } from './keycloak-realm-job';
import { ClientRegistration } from './keycloak-registration';
import { KeycloakServer } from './keycloak-server';
import { claimRealm } from './realm-claim';
import type { Role } from './role';
import type { Registration } from './token-auth';

/** A realm of Keycloak: of the program, or administered elsewhere. */
export interface IKeycloakRealm extends IConstruct {
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** @internal */
  readonly _issuer: RealmIssuer;
  /** A role that it declares. Throws ROLE_UNKNOWN for others. */
  role(name: string): Role;
  /** @internal */
  _declares(role: Role): boolean;
  /** Makes it issue tokens for a gateway, and answer what this asks about them. @internal */
  _addGateway(gateway: IConstruct, audience: string, options?: KeycloakAuthOptions): Registration;
  /** Lets pods reach its keys. @internal */
  _open(opener: NetworkOpener): void;
}

/** Properties of a realm. */
export interface KeycloakRealmProps {
  /** Host name by which people and clients know the Keycloak, or its base URL: `sso.example.com`. */
  readonly hostname: string;
  /**
   * Name of the realm.
   * @default - the id of the construct
   */
  readonly realmName?: string;
  /**
   * What people are shown when they sign in.
   * @default - the name of the realm; of one that is there already, what it shows
   */
  readonly displayName?: string;
  /**
   * Where the Keycloak runs.
   * @default KeycloakServer.external()
   */
  readonly server?: KeycloakServer;
  /**
   * How the realm comes into the Keycloak.
   * @default KeycloakDelivery.realmFile()
   */
  readonly delivery?: KeycloakDelivery;
  /**
   * As whom a job brings the realm into line whenever the program has changed, and each hour.
   * @default - no job: a realm that is there already stays as it is
   */
  readonly administrator?: KeycloakAdministrator;
  /**
   * How long access tokens are valid, from 30 seconds to an hour: what is revoked goes on counting for so long.
   * @default Duration.minutes(5)
   */
  readonly accessTokenLifetime?: Duration;
  /**
   * Who may register clients without a token.
   * @default ClientRegistration.closed()
   */
  readonly clientRegistration?: ClientRegistration;
}

/** A variable of Keycloak's environment that stands in a realm file for a secret. */
export interface KeycloakSecretVariable {
  /** Name of the variable. */
  readonly variable: string;
  /** Name of the Secret that holds its value, in the realm's namespace. */
  readonly secretName: string;
  /** Entry of the Secret. */
  readonly key: string;
}

const SHORTEST_TOKEN_SECONDS = 30;
const LONGEST_TOKEN_SECONDS = 3600;
const LONGEST_ID = LONGEST_CRON_JOB_NAME - JOB_SUFFIX.length;

/**
 * A realm of Keycloak that follows from the program: its roles, an optional client scope with the audience of each gateway
 * that names it, its clients and users. No client has full scope, implicit flow or direct grants.
 */
export class KeycloakRealm extends Construct implements IKeycloakRealm {
  /** A realm that is administered elsewhere. Throws REALM_INVALID, ROLE_INVALID. */
  public static fromIssuer(scope: Construct, id: string, options: KeycloakIssuerOptions): IKeycloakRealm {
    return new IssuerRealm(scope, id, options);
  }

  /** Name of the realm. */
  public readonly realmName: string;
  /** `iss` of its tokens. */
  public readonly issuer: string;
  /** @internal */
  public readonly _issuer: RealmIssuer;
  private readonly publicUrl: URL;
  private readonly server: KeycloakServer;
  private readonly settings: RealmSettings;
  private readonly content: RealmContent;

  public constructor(scope: Construct, id: string, props: KeycloakRealmProps) {
    super(scope, id);
    deferFault(this, () => checkedLabel(this, id, LONGEST_ID), id);
    chartNamespace(this);
    this.realmName = props.realmName ?? id;
    this.publicUrl = this.urlOf(props.hostname);
    this.server = props.server ?? KeycloakServer.external();
    this.settings = this.settingsOf(props);
    this.content = new RealmContent(this, this.realmName);
    this.issuer = realmUrl(this.publicUrl, this.realmName);
    this._issuer = {
      issuer: this.issuer,
      jwksUri: jwksUrl(this.server._baseUrl(this.publicUrl), this.realmName),
      roleClaims: [['realm_access', 'roles']],
    };
    this.report(this.server._fault(this.publicUrl));
    claimRealm(this, this.issuer);
    this.deliver(props.delivery ?? KeycloakDelivery.realmFile());
    this.keepInLine(props);
    this.node.addValidation({ validate: () => this.faults() });
  }

  /** Variables that Keycloak fills in when it imports the realm from a file. */
  public get secretVariables(): KeycloakSecretVariable[] {
    return placeholders(this.spec());
  }

  /** Adds a realm role. Throws REALM_DUPLICATE, REALM_INVALID, ROLE_INVALID, ROLE_UNKNOWN. */
  public addRole(name: string, options: KeycloakRoleOptions = {}): Role {
    return this.content.addRole(name, options);
  }

  /** A role that was added. Throws ROLE_UNKNOWN for others. */
  public role(name: string): Role {
    return this.content.role(name);
  }

  /**
   * Adds a client by which people sign in. Throws REALM_DUPLICATE, REALM_INVALID, REDIRECT_URI_INVALID.
   *
   * @param id its `client_id`
   */
  public addClient(id: string, options: KeycloakClientOptions): void {
    this.content.addClient(id, options);
  }

  /**
   * Adds a client that acts for itself. Throws REALM_DUPLICATE, REALM_INVALID, ROLE_UNKNOWN.
   *
   * @param id its `client_id`
   */
  public addServiceClient(id: string, options: KeycloakServiceClientOptions): void {
    this.content.addServiceClient(id, options);
  }

  /**
   * Adds a user that is made with the realm. Throws REALM_DUPLICATE, REALM_INVALID, ROLE_UNKNOWN.
   *
   * @param username in lower case
   */
  public addUser(username: string, options: KeycloakUserOptions): void {
    this.content.addUser(username, options);
  }

  /** @internal */
  public _declares(role: Role): boolean {
    return role._realm === this;
  }

  /** @internal */
  public _addGateway(gateway: IConstruct, audience: string, { introspection }: KeycloakAuthOptions = {}): Registration {
    if (introspection?.clientId !== undefined) {
      throw new SynthError('INTROSPECTION_INVALID', gateway, {
        message: `introspection names the client "${introspection.clientId}", and the realm makes one for the gateway`,
        remedy: 'Leave clientId out; it is for KeycloakRealm.fromIssuer alone',
      });
    }
    const scope = this.content.addGateway(gateway, audience, introspection?.secret._secret);
    const endpoint = introspectionUrl(this.server._baseUrl(this.publicUrl), this.realmName);
    return { scope, introspection: introspection && { endpoint, clientId: scope } };
  }

  /**
   * Lets a gateway exchange tokens of its users for such as are for `audience`. Throws TOKEN_EXCHANGE_INVALID, and what is
   * wrong with the audience.
   *
   * @param client how the gateway shows who it is; absent: its auth does not say
   * @internal
   */
  public _addExchange(gateway: IConstruct, client: KeycloakExchangeClient | undefined, audience: string): void {
    this.content.addExchange(gateway, client, audience);
  }

  /** What the gateway is told of it. @param file where its secret or key is mounted @internal */
  public _exchangeSection(
    gateway: IConstruct,
    client: KeycloakExchangeClient,
    audience: string,
    file: string,
  ): UpstreamCredentialsInput {
    return {
      by: 'token-exchange',
      issuer: this.issuer,
      tokenEndpoint: tokenUrl(this.server._baseUrl(this.publicUrl), this.realmName),
      clientId: exchangeClientId(gateway),
      client: client._section(file, this.issuer),
      scopes: [targetScopeName(audience)],
      audience,
    };
  }

  /** @internal */
  public _open(opener: NetworkOpener): void {
    this.server._open(opener, this.publicUrl);
  }

  private urlOf(hostname: string): URL {
    const url = baseUrlOf(hostname);
    if (url instanceof URL) return url;
    this.report(url);
    return new URL('https://invalid.example');
  }

  private settingsOf(props: KeycloakRealmProps): RealmSettings {
    const { displayName, accessTokenLifetime = Duration.minutes(5), clientRegistration } = props;
    const accessTokenSeconds = accessTokenLifetime.toSeconds({ integral: false });
    this.report(realmNameFault(this.realmName));
    this.report(textFault(displayName ?? ''));
    if (
      !Number.isInteger(accessTokenSeconds) ||
      accessTokenSeconds < SHORTEST_TOKEN_SECONDS ||
      accessTokenSeconds > LONGEST_TOKEN_SECONDS
    ) {
      this.report({
        message: `accessTokenLifetime is ${accessTokenSeconds} seconds`,
        remedy: 'Give whole seconds, from 30 seconds to an hour',
      });
    }
    const registration = (clientRegistration ?? ClientRegistration.closed())._spec;
    return { name: this.realmName, owner: this.owner, displayName, accessTokenSeconds, registration };
  }

  private deliver({ _spec: delivery }: KeycloakDelivery): void {
    if (delivery.kind === 'file') {
      const data = { [this.file]: Lazy.any({ produce: () => this.fileText() }) };
      this.add('realm-file', 'v1', 'ConfigMap', { data });
    }
    if (delivery.kind === 'import') {
      const produce = () =>
        realmImportSpec(delivery.instanceName, realmRepresentation(this.spec()), this.secretVariables);
      this.add('realm-import', OPERATOR_API_VERSION, 'KeycloakRealmImport', { spec: Lazy.any({ produce }) });
    }
  }

  private keepInLine({ administrator, delivery }: KeycloakRealmProps): void {
    const create = delivery?._spec.kind === 'job';
    if (administrator === undefined) {
      if (!create) return;
      return this.report({
        message: 'the job that delivers the realm has no administrator of Keycloak to act as',
        remedy: "Name one: administrator: KeycloakAdministrator.fromSecretName('keycloak-administrator')",
      });
    }
    const job = new RealmJob(this, 'sync', {
      administrator,
      create,
      keycloakUrl: this.server._baseUrl(this.publicUrl),
      realm: () => realmRepresentation(this.spec()),
      owner: this.owner,
      secrets: () => clientPlaceholders(this.spec()),
      passwords: () => (create ? userPlaceholders(this.spec()) : []),
    });
    this._open(job.opener);
  }

  private add(id: string, apiVersion: string, kind: string, rest: Record<string, unknown>): void {
    const labels = {
      'app.kubernetes.io/name': this.node.id,
      'app.kubernetes.io/managed-by': 'agentyard',
      ...AppId._labelsFor(this),
    };
    const { namespace } = Chart.of(this);
    claimObjectName(this, { apiVersion, kind, namespace, name: this.node.id });
    const object = new ApiObject(this, id, { apiVersion, kind, metadata: { name: this.node.id, labels }, ...rest });
    this.node.defaultChild = object;
  }

  /** Id of the app. Without one, the app is told that it needs one. */
  private get owner(): string {
    return AppId._labelsFor(this)[APP_LABEL] ?? 'app';
  }

  private get file(): string {
    return `${this.realmName}-realm.json`;
  }

  private fileText(): string {
    return realmFileText(realmRepresentation(this.spec()));
  }

  private spec(): RealmSpec {
    return { ...this.settings, ...this.content.members };
  }

  /** What shows only when the program is complete. */
  private faults(): string[] {
    try {
      splitIntoConfigMaps({ [this.file]: this.fileText() }, this.node.path);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  }

  private report(fault: SynthFault | undefined): void {
    if (fault !== undefined) reportFault(this, new SynthError('REALM_INVALID', this, fault));
  }
}
