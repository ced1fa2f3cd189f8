import { hopText, OTHER_TOOLS, ownerText, rolesText, type CallPath } from 'agentyard/authorization';
import { compareText, type Change } from '../change.js';
import type { CallChange } from './call-change.js';

/** What a line says beside the tools that it is about. */
interface Said {
  readonly sign: '+' | '-';
  /** Whom it is about. */
  readonly place: string;
  /** Whose tools they are. */
  readonly owner: string;
  /** On which ways, and at which gateway: `, directly and through agent agents/support`. */
  readonly ways: string;
  /** With which roles, where it takes several: `, with admin and operator`. */
  readonly roles: string;
  /** Who else may on the other side: `; now only role admin`. */
  readonly instead: string;
}

/**
 * Calls in words, by who may make them: one line for the tools of a toolset or MCP server about which there is the same to say.
 *
 * @param namesGateways whether there are several, so that it has to be told which one is called
 */
export function callLines(calls: readonly CallChange[], namesGateways: boolean): Change[] {
  const about = (call: CallChange) => ({ ...saidOf(call, namesGateways), tool: call.tool.tool });
  const single = calls.filter((call) => !takesSeveral(call)).map(about);
  const several = grouped(calls.filter(takesSeveral), about).map(([said, all]) => ({ ...said, roles: rolesOf(all) }));
  const lines = grouped([...single, ...several], ({ tool: _, ...said }) => said);
  return lines.map(([said, all]) => lineOf(said, all.map(({ tool }) => tool).sort(compareText)));
}

function lineOf({ sign, place, owner, ways, roles, instead }: Said, tools: readonly string[]): Change {
  const what = `${toolsText(tools)} of ${owner}${ways}${roles}`;
  const text = `may ${sign === '+' ? 'now' : 'no longer'} call ${what}${instead}`;
  return { sign, group: 'calls', place, subject: `calls ${what}`, text };
}

function toolsText(tools: readonly string[]): string {
  const named = tools.filter((tool) => tool !== OTHER_TOOLS);
  if (named.length === 0) return 'further tools';
  const others = named.length < tools.length ? ' and further tools' : '';
  return `tool${named.length > 1 ? 's' : ''} ${named.join(', ')}${others}`;
}

/** Those of which a text says the same, in the order of the first of each. */
function grouped<T, S extends object>(all: readonly T[], textsOf: (one: T) => S): [S, T[]][] {
  const groups = new Map<string, [S, T[]]>();
  for (const one of all) {
    const texts = textsOf(one);
    const key = JSON.stringify(texts);
    const group = groups.get(key) ?? [texts, []];
    group[1].push(one);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function saidOf(call: CallChange, namesGateways: boolean): Said {
  const { sign, tool } = call;
  const ways = waysText(call, namesGateways);
  return { sign, place: placeOf(call), owner: ownerText(tool), ways, roles: '', instead: insteadText(call) };
}

function placeOf({ principal, paths }: CallChange): string {
  if ('roles' in principal) {
    const [role, ...more] = principal.roles;
    if (role === undefined) return 'every caller';
    return more.length === 0 ? `role ${role}` : 'callers with several roles';
  }
  // A service that is an agent is the first of its own ways.
  return paths.flatMap(({ hops }) => hops.slice(0, 1).map(hopText))[0] ?? principal.subject;
}

function takesSeveral({ principal }: CallChange): boolean {
  return 'roles' in principal && principal.roles.length > 1;
}

function rolesOf(calls: readonly CallChange[]): string {
  const sets = calls.flatMap(({ principal }) => ('roles' in principal ? [principal.roles.join(' and ')] : []));
  return `, with ${sets.join(' or ')}`;
}

function waysText({ principal, paths }: CallChange, namesGateways: boolean): string {
  const isUser = 'roles' in principal;
  const between = [...new Set(paths.flatMap(({ hops }) => hops.slice(1, -1).map(hopText)))];
  const direct = paths.some(isDirect) && (isUser || between.length > 0) ? ['directly'] : [];
  const through = between.length > 0 ? [`through ${between.join(', ')}`] : [];
  const ways = [...direct, ...through].join(' and ');
  const at = isUser && namesGateways ? `, at gateway ${principal.gateway}` : '';
  return `${ways === '' ? '' : `, ${ways}`}${at}`;
}

function insteadText({ sign, instead }: CallChange): string {
  if (instead.length === 0) return '';
  return `; ${sign === '+' ? 'before' : 'now'} only ${instead.map(rolesText).join(' or ')}`;
}

/** Whether nobody stands between who calls and whose tool it is. */
export function isDirect({ hops }: CallPath): boolean {
  return hops.length === 2;
}
