import { ANY_CALLER, type AllowedRoles, type ToolPermission } from '../contract';
import type { Program } from './program';
import { rolesOfServers } from './server-paths';

/** All roles that documents name: those that are asked for, and those that credentials may bring. */
export function knownRoles(program: Program): string[] {
  const { gateways, agents, toolsets } = program;
  const asked: AllowedRoles[] = [
    ...rolesOfServers(program),
    ...gateways.flatMap(({ document }) => [
      ...document.agents.flatMap(rolesOfTool),
      ...document.toolsets.flatMap(({ tools }) => tools.flatMap(rolesOfTool)),
      ...document.mcpServers.flatMap(({ tools }) => tools.flatMap(rolesOfTool)),
      ...document.routes.map(({ match }) => match.callerRoles ?? []),
    ]),
    ...agents.flatMap(({ document }) => rolesOfTool(document)),
    ...toolsets.flatMap(({ document }) => document.tools.flatMap(rolesOfTool)),
  ];
  const brought = gateways.flatMap(({ document: { auth } }) =>
    auth.mode === 'none' ? [] : [...auth.issuers.flatMap(({ roles }) => roles), ...(auth.demoToken?.roles ?? [])],
  );
  const named = asked.flatMap((roles) => (roles === ANY_CALLER ? [] : roles));
  return [...new Set([...named, ...brought])].sort();
}

/** Those that may call it, or invoke it, and those that its rules tell apart. */
function rolesOfTool({ allowedRoles, argumentRules = [] }: ToolPermission): AllowedRoles[] {
  return [allowedRoles, ...argumentRules.map(({ role }): AllowedRoles => (role === ANY_CALLER ? ANY_CALLER : [role]))];
}
