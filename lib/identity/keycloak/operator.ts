import type { KeycloakRealmRepresentation } from '../../contract';
import { baseText } from './base-url';
import type { Placeholder } from './placeholder';
import type { SecretKey } from './realm-spec';

/** Version of the operator's resources, since Keycloak 26.7. */
export const OPERATOR_API_VERSION = 'k8s.keycloak.org/v2beta1';

/** The database of a Keycloak. */
export interface DatabaseSpec {
  readonly vendor: string;
  readonly host: string;
  readonly port?: number;
  readonly database: string;
  readonly username: SecretKey;
  readonly password: SecretKey;
}

/** A Keycloak that the operator runs. */
export interface InstanceSpec {
  readonly baseUrl: URL;
  readonly instances: number;
  readonly image?: string;
  readonly database: DatabaseSpec;
  /** Secret of its certificate; absent: it speaks HTTP, behind a proxy that ends TLS. */
  readonly tlsSecretName?: string;
  /** Class of the Ingress that the operator makes; absent: it makes none. */
  readonly ingressClassName?: string;
  /** Secret of the client that administers it at first. */
  readonly administratorSecretName?: string;
}

/** The spec of a `KeycloakRealmImport`. */
export function realmImportSpec(
  instanceName: string,
  realm: KeycloakRealmRepresentation,
  secrets: readonly Placeholder[],
) {
  const placeholders = Object.fromEntries(secrets.map(({ variable, ...key }) => [variable, { secret: selector(key) }]));
  return { keycloakCRName: instanceName, realm, ...(secrets.length > 0 && { placeholders }) };
}

/** The spec of a `Keycloak`. */
export function instanceSpec(instance: InstanceSpec) {
  const { baseUrl, database, tlsSecretName, ingressClassName, administratorSecretName } = instance;
  const path = baseText(baseUrl).slice(baseUrl.origin.length);
  return {
    instances: instance.instances,
    image: instance.image,
    hostname: { hostname: baseText(baseUrl), strict: true },
    http: tlsSecretName === undefined ? { httpEnabled: true } : { tlsSecret: tlsSecretName },
    proxy: { headers: 'xforwarded' },
    ingress: ingressClassName === undefined ? { enabled: false } : { enabled: true, className: ingressClassName },
    db: {
      vendor: database.vendor,
      host: database.host,
      port: database.port,
      database: database.database,
      usernameSecret: selector(database.username),
      passwordSecret: selector(database.password),
    },
    bootstrapAdmin: administratorSecretName && { service: { secret: administratorSecretName } },
    additionalOptions: path === '' ? undefined : [{ name: 'http-relative-path', value: path }],
  };
}

const selector = ({ secretName, key }: SecretKey) => ({ name: secretName, key });
