import type { KeycloakRealmRepresentation } from '../../contract';

/** Keycloak stores secrets of clients of at most so many characters. */
const LONGEST_SECRET = 255;

/**
 * The text of a realm file for `--import-realm`. A variable that Keycloak's environment lacks would be taken as it is
 * written, and so be a secret that everybody knows. In its place a client gets one that is too long, with which Keycloak
 * does not start, and a person no password.
 */
export function realmFileText(realm: KeycloakRealmRepresentation): string {
  const clients = realm.clients.map((client) =>
    client.secret === undefined ? client : { ...client, secret: withDefault(client.secret, tooLong) },
  );
  const users = realm.users.map((user) => {
    const credentials = user.credentials?.map((entry) => ({ ...entry, value: withDefault(entry.value, () => '') }));
    return credentials === undefined ? user : { ...user, credentials };
  });
  return `${JSON.stringify({ ...realm, clients, users }, null, 2)}\n`;
}

/** `${VARIABLE}` as `${VARIABLE:default}`. */
function withDefault(reference: string, defaultOf: (variable: string) => string): string {
  return reference.replace(/^\$\{(\w+)\}$/, (_, variable: string) => `\${${variable}:${defaultOf(variable)}}`);
}

function tooLong(variable: string): string {
  const told = `${variable} is not set. `;
  return told.repeat(Math.ceil((LONGEST_SECRET + 1) / told.length));
}
