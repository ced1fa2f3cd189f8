import { ANY_CALLER, type AllowedRoles } from '../contract';
import type { Program } from './program';

/** All roles that documents name: those that are asked for, and those that credentials may bring. */
export function knownRoles({ gateways, agents, toolsets }: Program): string[] {
  const asked: AllowedRoles[] = [
    ...gateways.flatMap(({ document }) => [
      ...document.agents.map(({ allowedRoles }) => allowedRoles),
      ...document.toolsets.flatMap(({ tools }) => tools.map(({ allowedRoles }) => allowedRoles)),
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
