import type { Chart } from 'cdk8s';
import {
  KeycloakAdministrator,
  KeycloakClientCredentials,
  KeycloakDelivery,
  KeycloakInstance,
  KeycloakPassword,
  KeycloakRealm,
  KeycloakServer,
  type Role,
} from 'agentyard';

/** Where the realm lives, and how it comes there. */
export interface CodeGatewayRealmOptions {
  /** Host name by which people know the Keycloak. */
  readonly hostname: string;
  /** `operator` makes a Keycloak and the realm in it; `file` makes a realm file for a Keycloak of elsewhere. */
  readonly delivery?: string;
}

/** A realm and its roles. */
export interface CodeGatewayRealm {
  readonly realm: KeycloakRealm;
  readonly admin: Role;
  readonly analyst: Role;
  readonly viewer: Role;
}

/** Passwords of the first users, one entry each. */
const USERS = 'mcp-realm-users';

/** The realm `mcp-realm`: three roles, a user of each, a client for people and one for machines. */
export function codeGatewayRealm(chart: Chart, options: CodeGatewayRealmOptions): CodeGatewayRealm {
  const realm = new KeycloakRealm(chart, 'mcp-realm', { hostname: options.hostname, ...placeOf(chart, options) });
  const viewer = realm.addRole('mcp-viewer', { description: 'Masks personal data in texts' });
  const analyst = realm.addRole('mcp-log-analyst', { description: 'Reads logs', includes: [viewer] });
  const admin = realm.addRole('mcp-admin', { description: 'Uses every tool', includes: [analyst] });
  realm.addClient('mcp-gateway-client', {
    description: 'MCP clients on the machines of people',
    redirectUris: ['http://127.0.0.1/callback'],
  });
  realm.addServiceClient('mcp-nightly', {
    description: 'The report that is made each night',
    credentials: KeycloakClientCredentials.fromSecretKey('mcp-nightly', 'client-secret'),
    roles: [analyst],
  });
  for (const [name, role] of Object.entries({ ada: admin, lin: analyst, vic: viewer })) {
    realm.addUser(name, {
      password: KeycloakPassword.fromSecretKey(USERS, name),
      roles: [role],
      email: `${name}@example.com`,
      firstName: name,
      lastName: 'Example',
      temporaryPassword: process.env.CODE_GATEWAY_TEMPORARY_PASSWORDS !== 'no',
    });
  }
  return { realm, admin, analyst, viewer };
}

function placeOf(chart: Chart, { hostname, delivery = 'operator' }: CodeGatewayRealmOptions) {
  if (delivery === 'file') return { server: KeycloakServer.external(), delivery: KeycloakDelivery.realmFile() };
  if (delivery !== 'operator') throw new Error(`"${delivery}" is none of operator, file`);
  const administrator = KeycloakAdministrator.fromSecretName('keycloak-administrator');
  // Without a certificate of its own (`tlsSecretName`) it speaks HTTP inside of the cluster, also to the gateway and the job.
  const instance = new KeycloakInstance(chart, 'keycloak', {
    hostname,
    ingressClassName: 'openshift-default',
    database: { host: 'keycloak-db.mcp-identity.svc', secretName: 'keycloak-db' },
    administrator,
  });
  return { server: instance.server, delivery: KeycloakDelivery.instance(instance), administrator };
}
