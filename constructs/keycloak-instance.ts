import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { claimObjectName } from '../lib/workload/object-names';
import { baseUrlOf } from '../lib/identity/keycloak/base-url';
import { instanceSpec, OPERATOR_API_VERSION, type InstanceSpec } from '../lib/identity/keycloak/operator';
import { isPort } from '../lib/network/port';
import { chartNamespace } from '../lib/workload/chart-namespace';
import { checkedLabel, checkedObjectName } from '../lib/workload/names';
import { AppId } from './app-id';
import { ClusterProfile } from './cluster-profile';
import type { KeycloakAdministrator } from './keycloak-administrator';
import { KeycloakServer } from './keycloak-server';
import { PlatformNamespace } from './platform-namespace';
import { checkedSecretKey } from './secret-key';

/** Databases that Keycloak stores in. */
export enum KeycloakDatabaseVendor {
  POSTGRES = 'postgres',
  MARIADB = 'mariadb',
  MYSQL = 'mysql',
  MSSQL = 'mssql',
  ORACLE = 'oracle',
}

/** The database of a Keycloak. */
export interface KeycloakDatabase {
  /**
   * What it is.
   * @default KeycloakDatabaseVendor.POSTGRES
   */
  readonly vendor?: KeycloakDatabaseVendor;
  /** Host name of the database. */
  readonly host: string;
  /**
   * Port of the database.
   * @default - the usual one of its vendor
   */
  readonly port?: number;
  /**
   * Name of the database.
   * @default 'keycloak'
   */
  readonly database?: string;
  /** Name of the Secret with user name and password, in the instance's namespace. */
  readonly secretName: string;
  /**
   * Entry of the Secret with the user name.
   * @default 'username'
   */
  readonly usernameKey?: string;
  /**
   * Entry of the Secret with the password.
   * @default 'password'
   */
  readonly passwordKey?: string;
}

/** Properties of a Keycloak that the operator runs. */
export interface KeycloakInstanceProps {
  /** Host name by which people and clients know it, or its base URL: `sso.example.com`, `https://example.com/auth`. */
  readonly hostname: string;
  /** Where it stores. */
  readonly database: KeycloakDatabase;
  /**
   * Number of pods.
   * @default 2
   */
  readonly instances?: number;
  /**
   * Secret with its certificate (`tls.crt`, `tls.key`), for its host name and for `<id>-service.<namespace>.svc`.
   * @default - none: it speaks HTTP, behind an Ingress or Route that ends TLS
   */
  readonly tlsSecretName?: string;
  /**
   * Class of an Ingress that the operator makes for it, for example `nginx` or `openshift-default`.
   * @default - no Ingress: the way in is yours
   */
  readonly ingressClassName?: string;
  /**
   * Image with Keycloak, pre-built.
   * @default - the operator's
   */
  readonly image?: string;
  /**
   * The client that administers it at first, in `master`. A realm with the same `administrator` is kept in line by it.
   * @default - an administrator that the operator makes up
   */
  readonly administrator?: KeycloakAdministrator;
}

/** A `Keycloak` resource: the Keycloak operator, which has to be installed, runs it. */
export class KeycloakInstance extends Construct {
  /** Name of the resource. */
  public readonly instanceName: string;
  /** Where it runs, for realms of it. */
  public readonly server: KeycloakServer;

  public constructor(scope: Construct, id: string, props: KeycloakInstanceProps) {
    super(scope, id);
    this.instanceName = deferFault(this, () => checkedLabel(this, id, 50), id);
    const namespace = chartNamespace(this);
    const tls = props.tlsSecretName !== undefined;
    this.server = KeycloakServer.ofOperator({ namespace, instanceName: this.instanceName, tls });
    const metadata = {
      name: this.instanceName,
      labels: { 'app.kubernetes.io/managed-by': 'agentyard', ...AppId._labelsFor(this) },
    };
    const spec = deferFault(this, () => instanceSpec(this.checked(props)), undefined);
    const object = { apiVersion: OPERATOR_API_VERSION, kind: 'Keycloak', metadata, spec };
    claimObjectName(this, { ...object, namespace, name: this.instanceName });
    this.node.defaultChild = new ApiObject(this, 'keycloak', object);
    this.node.addValidation({ validate: () => this.admissionFaults(namespace) });
  }

  /** The operator's pods say nothing of their security; of OpenShift's they get what the level asks for. */
  private admissionFaults(namespace: string): string[] {
    const refusing = this.node.root.node
      .findAll()
      .find((one) => one instanceof PlatformNamespace && one.namespaceName === namespace && one._isRestricted);
    if (refusing === undefined || ClusterProfile.of(this).kind === 'openshift') return [];
    const fault = {
      message: `${refusing.node.path} admits only pods of the level restricted, and those of the operator say nothing of it`,
      remedy: `Give the namespace podSecurity: PodSecurityLevel.BASELINE`,
    };
    return [new SynthError('SECURITY_FORBIDDEN', this, fault).message];
  }

  private checked(props: KeycloakInstanceProps): InstanceSpec {
    const baseUrl = baseUrlOf(props.hostname);
    if (!(baseUrl instanceof URL)) throw new SynthError('REALM_INVALID', this, baseUrl);
    const { instances = 2, tlsSecretName, administrator } = props;
    if (!Number.isInteger(instances) || instances < 0) {
      throw new SynthError('REPLICAS_INVALID', this, {
        message: `instances is ${instances}`,
        remedy: 'Give a whole number of 0 or more',
      });
    }
    if (props.ingressClassName !== undefined) checkedObjectName(this, props.ingressClassName);
    return {
      baseUrl,
      instances,
      image: props.image,
      ingressClassName: props.ingressClassName,
      tlsSecretName: tlsSecretName && checkedObjectName(this, tlsSecretName),
      administratorSecretName: administrator?.secretName,
      database: this.checkedDatabase(props.database),
    };
  }

  private checkedDatabase(database: KeycloakDatabase): InstanceSpec['database'] {
    if (database.port !== undefined && !isPort(database.port)) {
      throw new SynthError('PORT_INVALID', this, {
        message: `the database's port is ${database.port}`,
        remedy: 'Give a whole number from 1 to 65535',
      });
    }
    if (!/^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$/.test(database.host)) {
      throw new SynthError('REALM_INVALID', this, {
        message: `the database's host is "${database.host}"`,
        remedy: "Give its host name, for example 'keycloak-db.identity.svc'",
      });
    }
    const { secretName, usernameKey = 'username', passwordKey = 'password' } = database;
    return {
      vendor: database.vendor ?? KeycloakDatabaseVendor.POSTGRES,
      host: database.host,
      port: database.port,
      database: database.database ?? 'keycloak',
      username: checkedSecretKey(this, secretName, usernameKey),
      password: checkedSecretKey(this, secretName, passwordKey),
    };
  }
}
