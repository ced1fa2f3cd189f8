import type { RealmSpec, SecretKey } from './realm-spec';

/** A variable that stands in the realm for a secret, and the entry of a Secret that fills it. */
export interface Placeholder extends SecretKey {
  readonly variable: string;
}

/** Variable of a client's secret. */
export function clientVariable(realm: string, clientId: string): string {
  return `REALM_${spelled(realm)}_CLIENT_${spelled(clientId)}_SECRET`;
}

/** Variable of a user's password. */
export function userVariable(realm: string, username: string): string {
  return `REALM_${spelled(realm)}_USER_${spelled(username)}_PASSWORD`;
}

/** How a variable is written where Keycloak, or the realm job, puts its value. */
export function reference(variable: string): string {
  return `\${${variable}}`;
}

/** The secrets of clients, by variable. */
export function clientPlaceholders({ name, gateways, serviceClients }: RealmSpec): Placeholder[] {
  const asking = gateways.map(({ scope, introspectionSecret }) => ({ clientId: scope, secret: introspectionSecret }));
  const exchanging = gateways.flatMap(({ exchange }) => exchange ?? []);
  const found = [...asking, ...exchanging, ...serviceClients].flatMap(({ clientId, secret }) =>
    secret === undefined ? [] : [{ variable: clientVariable(name, clientId), ...secret }],
  );
  return found.sort(byVariable);
}

/** The passwords of users, by variable. */
export function userPlaceholders({ name, users }: RealmSpec): Placeholder[] {
  return users
    .map(({ username, password }) => ({ variable: userVariable(name, username), ...password }))
    .sort(byVariable);
}

/** The secrets of clients and the passwords of users, by variable. */
export function placeholders(realm: RealmSpec): Placeholder[] {
  return [...clientPlaceholders(realm), ...userPlaceholders(realm)].sort(byVariable);
}

const byVariable = (a: Placeholder, b: Placeholder) => (a.variable < b.variable ? -1 : 1);

/** Letters and digits, as names of variables have them. */
const spelled = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
