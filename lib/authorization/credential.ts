import type { Auth, TokenIssuer } from '../contract';
import { rolesText } from './principal';

/**
 * By which credential somebody with exactly these roles gets into a gateway, in words.
 *
 * @param auth who may call the gateway; absent: it is not among the manifests
 * @returns undefined if nobody gets in with exactly these
 */
export function credentialFor(auth: Auth | undefined, roles: readonly string[]): string | undefined {
  if (auth === undefined) return 'is not among the manifests, and may give users any role';
  if (auth.mode === 'none') return roles.length === 0 ? 'lets anybody in, without roles' : undefined;
  if (auth.apiKeys !== undefined) return 'takes API keys, which may have any roles';
  const issuer = auth.issuers.find((one) => mayBring(one, roles));
  if (issuer !== undefined) return `takes tokens of ${issuer.issuer} with ${broughtText(roles)}`;
  const demo = auth.demoToken?.roles;
  if (demo === undefined || !areEqual(demo, roles)) return undefined;
  return `takes the public demo token, which has ${broughtText(roles)}`;
}

/** Roles of which a credential brings all or none. */
export function inseparableRoles(auth: Auth | undefined): readonly string[][] {
  return auth?.mode === 'credentials' && auth.demoToken !== undefined
    ? [[...new Set(auth.demoToken.roles)].sort()]
    : [];
}

/** Roles count only if the issuer may give them, and it is known where its tokens carry them. */
function mayBring(issuer: TokenIssuer, roles: readonly string[]): boolean {
  return roles.length === 0 || (issuer.roleClaims.length > 0 && roles.every((role) => issuer.roles.includes(role)));
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  const [one, other] = [new Set(a), new Set(b)];
  return one.size === other.size && [...one].every((role) => other.has(role));
}

function broughtText(roles: readonly string[]): string {
  return roles.length === 0 ? 'no roles' : rolesText(roles);
}
