import type { KeycloakRealmRepresentation } from 'agentyard/contract';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The realm with the secrets that its variables stand for.
 *
 * @throws Error for a variable that is missing or empty
 */
export function withSecrets(realm: KeycloakRealmRepresentation, environment: Environment): KeycloakRealmRepresentation {
  const fill = (text: string) => filled(text, environment);
  return {
    ...realm,
    clients: realm.clients.map((client) =>
      client.secret === undefined ? client : { ...client, secret: fill(client.secret) },
    ),
    users: realm.users.map((user) => {
      const credentials = user.credentials?.map((credential) => ({ ...credential, value: fill(credential.value) }));
      return credentials === undefined ? user : { ...user, credentials };
    }),
  };
}

function filled(text: string, environment: Environment): string {
  const [, variable] = /^\$\{(\w+)\}$/.exec(text) ?? [];
  if (variable === undefined) return text;
  const value = environment[variable];
  if (value) return value;
  throw new Error(`the variable ${variable} is not set, which stands in the realm for a secret`);
}
