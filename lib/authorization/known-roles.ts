import { ANY_CALLER, type AllowedRoles } from '../contract';
import type { Program } from './program';
import { rolesOfServers } from './server-paths';

/** All roles that documents name: those that are asked for, and those that credentials may bring. */
export function knownRoles(program: Program): string[] {
  const { gateways, agents, toolsets } = program;
  const asked: AllowedRoles[] = [
    ...rolesOfServers(program),
    ...gateways.flatMap(({ document }) => [
      ...document.agents.map(({ allowedRoles }) => allowedRoles),
      ...document.toolsets.flatMap(({ tools }) => tools.map(({ allowedRoles }) => allowedRoles)),
      ...document.routes.map(({ match }) => match.callerRoles ?? []),
    ]),
    ...agents.map(({ document }) => document.allowedRoles),
    ...toolsets.flatMap(({ document }) => document.tools.map(({ allowedRoles }) => allowedRoles)),
  ];
  const brought = gateways.flatMap(({ document: { auth } }) =>
    auth.mode === 'none' ? [] : [...auth.issuers.flatMap(({ roles }) => roles), ...(auth.demoToken?.roles ?? [])],
  );
  const named = asked.flatMap((roles) => (roles === ANY_CALLER ? [] : roles));
  return [...new Set([...named, ...brought])].sort();
}
