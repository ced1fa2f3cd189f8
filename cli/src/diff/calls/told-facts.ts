import { isOfServer } from 'agentyard/authorization';
import type { Evaluated } from '../../evaluated/evaluated.js';
import type { Change } from '../change.js';
import type { CallChange } from './call-change.js';
import { isDirect } from './call-lines.js';

/** A change of the document of a single workload. */
type FactOfDocument = Pick<Change, 'sign' | 'place' | 'group' | 'subject'>;

/**
 * Changes without those that lines about calls tell already: that a toolset runs a tool for a role, that a gateway shows it
 * to the role, and that a service may call it for itself, where this is what somebody gains or loses.
 */
export function withoutTold(
  changes: readonly Change[],
  calls: readonly CallChange[],
  sides: Readonly<Record<'+' | '-', Evaluated>>,
): Change[] {
  const told = new Set(calls.flatMap((call) => toldBy(call, sides[call.sign])).map(keyOf));
  return changes.filter((change) => !told.has(keyOf(change)));
}

/** @param side the one on which the tool may be called */
function toldBy(call: CallChange, side: Evaluated): FactOfDocument[] {
  const { sign, principal, tool, paths } = call;
  const fact = (place: string, subject: string) => ({ sign, place, group: 'callers' as const, subject });
  const isMadeDirectly = paths.some(isDirect);
  if (!('roles' in principal)) {
    return isMadeDirectly ? [fact(tool.toolset, `${principal.subject} calls ${tool.tool} alone`)] : [];
  }
  const [role, ...others] = principal.roles;
  if (others.length > 0) return [];
  const whom = role ?? 'all';
  const names = isMadeDirectly ? namesAt(side, principal.gateway, call) : [];
  return [
    fact(tool.toolset, `tool ${tool.tool} for ${whom}`),
    ...names.map((name) => fact(principal.gateway ?? '', `tool ${name}/${tool.tool} for ${whom}`)),
  ];
}

/** What a gateway calls the toolset or MCP server of a tool. */
function namesAt(side: Evaluated, gateway: string | undefined, { tool }: CallChange): string[] {
  if (isOfServer(tool)) return [tool.toolset];
  return side.platform.workloads.flatMap((workload) => {
    const told = side.documentOf(workload);
    if (told?.runtime !== 'gateway' || `${workload.namespace}/${workload.name}` !== gateway) return [];
    const bindings = told.document.toolsets.filter(
      ({ serviceToken, tools }) =>
        serviceToken.audience === `agentyard:${tool.toolset}` && tools.some(({ name }) => name === tool.tool),
    );
    return bindings.map(({ name }) => name);
  });
}

function keyOf({ sign, place, group, subject }: FactOfDocument): string {
  return JSON.stringify([sign, place, group, subject]);
}
