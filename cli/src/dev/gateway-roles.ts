import { ANY_CALLER, serverRoles, type AllowedRoles, type GatewayDocument } from 'agentyard/contract';

/** Roles that a gateway, its agents, their tools and its MCP servers ask for, as far as its own document tells. */
export function rolesOf({ agents, toolsets, mcpServers, auth }: GatewayDocument): string[] {
  const asked: AllowedRoles[] = [
    ...agents.flatMap(({ allowedRoles, approverRoles = [] }) => [allowedRoles, approverRoles]),
    ...toolsets.flatMap(({ tools }) => tools.map(({ allowedRoles }) => allowedRoles)),
    ...mcpServers.flatMap(serverRoles),
    ...(auth.mode === 'credentials' ? auth.issuers.map(({ roles }) => roles) : []),
  ];
  return [...new Set(asked.flatMap((roles) => (roles === ANY_CALLER ? [] : roles)))].sort();
}
