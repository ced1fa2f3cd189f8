import type { KeycloakRealmRepresentation } from 'agentyard/contract';
import { KeycloakError } from './keycloak-error.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The realm with the secrets of clients that its variables stand for.
 *
 * @throws KeycloakError for a variable that is missing or empty
 */
export function withSecrets(realm: KeycloakRealmRepresentation, environment: Environment): KeycloakRealmRepresentation {
  const clients = realm.clients.map((client) =>
    client.secret === undefined ? client : { ...client, secret: filled(client.secret, environment) },
  );
  return { ...realm, clients };
}

/**
 * The realm with the first passwords of people, which it needs when it is made.
 *
 * @throws KeycloakError for a variable that is missing or empty
 */
export function withPasswords(
  realm: KeycloakRealmRepresentation,
  environment: Environment,
): KeycloakRealmRepresentation {
  const users = realm.users.map((user) => {
    const credentials = user.credentials?.map((entry) => ({ ...entry, value: filled(entry.value, environment) }));
    return credentials === undefined ? user : { ...user, credentials };
  });
  return { ...realm, users };
}

function filled(text: string, environment: Environment): string {
  const [, variable] = /^\$\{(\w+)\}$/.exec(text) ?? [];
  if (variable === undefined) return text;
  const value = environment[variable];
  if (value) return value;
  throw new KeycloakError({
    place: variable,
    reason: `the variable ${variable} is not set, which stands in the realm for a secret`,
    remedy: 'put the entry that it is taken from into its Secret',
  });
}
