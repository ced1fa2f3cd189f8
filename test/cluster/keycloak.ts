import type { KubernetesObject } from './api-server';
import { writtenCrd } from './written-crd';

const string = { type: 'string' };
const boolean = { type: 'boolean' };
const integer = { type: 'integer' };
const object = (properties: object, required: readonly string[] = []) => ({ type: 'object', properties, required });
const list = (items: object) => ({ type: 'array', items });
const map = (values: object) => ({ type: 'object', additionalProperties: values });
/** What Kubernetes, or Keycloak itself, has a schema of. */
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const secretKey = object({ name: string, key: string, optional: boolean }, ['key']);
const valueOrSecret = object({ name: string, value: string, secret: secretKey });
const quantities = map({ anyOf: [{ type: 'integer' }, string], 'x-kubernetes-int-or-string': true });
const resources = object({ requests: quantities, limits: quantities });
const probe = object({ periodSeconds: integer, failureThreshold: integer });

const keycloak = object({
  instances: integer,
  image: string,
  startOptimized: boolean,
  imagePullSecrets: list(object({ name: string })),
  additionalOptions: list(valueOrSecret),
  env: list(valueOrSecret),
  http: object({
    tlsSecret: string,
    httpEnabled: boolean,
    httpPort: integer,
    httpsPort: integer,
    annotations: map(string),
    labels: map(string),
  }),
  ingress: object({
    enabled: boolean,
    className: string,
    annotations: map(string),
    tlsSecret: string,
    labels: map(string),
  }),
  features: object({ enabled: list(string), disabled: list(string) }),
  transaction: object({ xaEnabled: boolean }),
  db: object({
    vendor: string,
    usernameSecret: secretKey,
    passwordSecret: secretKey,
    database: string,
    host: string,
    port: integer,
    schema: string,
    url: string,
    poolInitialSize: integer,
    poolMinSize: integer,
    poolMaxSize: integer,
  }),
  hostname: object({
    hostname: string,
    admin: string,
    adminUrl: string,
    strict: boolean,
    strictBackchannel: boolean,
    backchannelDynamic: boolean,
  }),
  truststores: map(object({ name: string, secret: object({ name: string, optional: boolean }, ['name']) })),
  resources,
  proxy: object({ headers: string }),
  httpManagement: object({ port: integer }),
  scheduling: anything,
  bootstrapAdmin: object({ user: object({ secret: string }), service: object({ secret: string }) }),
  networkPolicy: object({ enabled: boolean, http: list(anything), https: list(anything), management: list(anything) }),
  readinessProbe: probe,
  livenessProbe: probe,
  startupProbe: probe,
  automountServiceAccountToken: boolean,
  unsupported: object({ podTemplate: anything }),
});

const realmImport = object(
  {
    keycloakCRName: string,
    realm: anything,
    resources,
    placeholders: map(object({ secret: secretKey })),
    labels: map(string),
  },
  ['keycloakCRName', 'realm'],
);

/**
 * The kinds of Keycloak's operator, as far as programs use them.
 *
 * Its definitions are generated when it is built and are in no registry, so that these are written by hand after the
 * fields of its published sources (v2beta1, Keycloak 26). Applying to them shows that fields and names are right, not
 * that the operator agrees. Of a realm, Keycloak itself knows the fields: it refuses a file with others.
 */
export function keycloakCrds(): KubernetesObject[] {
  const place = { group: 'k8s.keycloak.org', version: 'v2beta1' };
  return [
    writtenCrd({ ...place, kind: 'Keycloak', plural: 'keycloaks', spec: keycloak }),
    writtenCrd({ ...place, kind: 'KeycloakRealmImport', plural: 'keycloakrealmimports', spec: realmImport }),
  ];
}
