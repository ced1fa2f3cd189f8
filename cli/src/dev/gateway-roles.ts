import { ANY_CALLER, type AllowedRoles, type GatewayDocument } from 'agentyard/contract';

/** Roles that a gateway, its agents and their tools ask for, as far as its own document tells. */
export function rolesOf({ agents, toolsets, auth }: GatewayDocument): string[] {
  const asked: AllowedRoles[] = [
    ...agents.map(({ allowedRoles }) => allowedRoles),
    ...toolsets.flatMap(({ tools }) => tools.map(({ allowedRoles }) => allowedRoles)),
    ...(auth.mode === 'credentials' ? auth.issuers.map(({ roles }) => roles) : []),
  ];
  return [...new Set(asked.flatMap((roles) => (roles === ANY_CALLER ? [] : roles)))].sort();
}
