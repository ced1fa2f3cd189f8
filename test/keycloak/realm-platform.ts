import { KeycloakAdministrator, KeycloakClientCredentials, KeycloakPassword, type KeycloakRealmProps } from 'agentyard';
import { RealmProgram } from './realm-program';

/** The secret of the client `ci`. */
export const CI_SECRET = 'the-secret-of-ci';
/** The client of people. */
export const WEB = { clientId: 'web', redirectUri: 'https://app.example.com/signed-in' };
/** One of the people. */
export const ALICE = { username: 'alice', password: 'the-password-of-alice' };
/** What gives a realm its job. */
export const ADMINISTERED = {
  administrator: KeycloakAdministrator.fromSecretName('keycloak-administrator'),
};

interface PlatformOptions extends Partial<KeycloakRealmProps> {
  /** Whether it has the gateway `blue` and the client `nightly`. */
  readonly blue?: boolean;
  /** Whether it has the role `reader`. */
  readonly reader?: boolean;
}

/** The platform of the tests, and what of it may differ from one version of the program to the next. */
export function platform({ realmName = 'mcp', blue = true, reader = true, ...props }: PlatformOptions = {}) {
  const program = new RealmProgram({ ...ADMINISTERED, realmName, ...props });
  const { realm } = program;
  const analyst = realm.addRole('analyst', { description: 'Reads logs' });
  realm.addRole('lead', { includes: [analyst] });
  if (reader) realm.addRole('reader');
  realm.addClient('web', { redirectUris: [WEB.redirectUri] });
  realm.addServiceClient('ci', {
    roles: [analyst],
    credentials: KeycloakClientCredentials.fromSecretKey('ci', 'secret'),
  });
  if (blue) {
    realm.addServiceClient('nightly', { credentials: KeycloakClientCredentials.fromSecretKey('nightly', 'secret') });
  }
  realm.addUser('alice', {
    roles: [realm.role('lead')],
    password: KeycloakPassword.fromSecretKey('people', 'alice'),
    temporaryPassword: false,
    email: 'alice@example.com',
    firstName: 'Alice',
    lastName: 'Archer',
  });
  program.addGateway('red');
  if (blue) program.addGateway('blue');
  return program;
}

/** The secrets of a realm, in the variables that stand for them. */
export function secretsOf(realmName: string): Record<string, string> {
  const prefix = `REALM_${realmName.toUpperCase()}`;
  return {
    [`${prefix}_CLIENT_CI_SECRET`]: CI_SECRET,
    [`${prefix}_CLIENT_NIGHTLY_SECRET`]: 'the-secret-of-nightly',
    [`${prefix}_USER_ALICE_PASSWORD`]: ALICE.password,
  };
}
