import type { KeycloakRealmRepresentation } from 'agentyard/contract';

/**
 * The realm with its default role as it is called in Keycloak, which names it after the first name of the realm, in lower
 * case.
 */
export function withDefaultRole(realm: KeycloakRealmRepresentation, name?: string): KeycloakRealmRepresentation {
  const { defaultRole, roles, users } = realm;
  if (name === undefined || name === defaultRole.name) return realm;
  const called = (role: string) => (role === defaultRole.name ? name : role);
  return {
    ...realm,
    defaultRole: { name },
    roles: { ...roles, realm: roles.realm.map((role) => ({ ...role, name: called(role.name) })) },
    users: users.map((user) => ({ ...user, realmRoles: user.realmRoles.map(called) })),
  };
}
