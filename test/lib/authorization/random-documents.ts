import fc from 'fast-check';
import type { AgentDocumentInput, GatewayDocumentInput, ToolsetDocumentInput } from 'agentyard/contract';
import {
  agentOf,
  audienceOf,
  gatewayOf,
  hostOf,
  nameOf,
  PORT,
  subjectOf,
  tokenFor,
  toolsetOf,
  type Place,
} from './small-program';

export const ROLES = ['r1', 'r2', 'r3'];
export const INTENTS = ['alpha', 'beta'];
export const TOOLS = ['x', 'y'];

const places = (namespace: string, ...names: string[]): Place[] => names.map((name) => ({ name, namespace }));
export const GATEWAYS = places('edge', 'g1', 'g2');
export const AGENTS = places('agents', 'a1', 'a2');
const TOOLSETS = places('tools', 't1', 't2');
/** A service of the program that calls whom it pleases. */
export const CRON: Place = { name: 'cron', namespace: 'ops' };
/** One whose pods are not among the manifests. */
export const OUTSIDER: Place = { name: 'outsider', namespace: 'ops' };
export const WORKLOADS = [...GATEWAYS, ...AGENTS, ...TOOLSETS, CRON];

/** What is told to the runtimes of a program, and who they are. */
export interface RandomDocuments {
  readonly gateways: readonly GatewayDocumentInput[];
  readonly agents: readonly AgentDocumentInput[];
  readonly toolsets: readonly ToolsetDocumentInput[];
  /** ServiceAccount of pods, by the name of their workload. */
  readonly accounts: Readonly<Record<string, string>>;
}

/** Draws what stands in documents. */
export class Draw {
  public constructor(private readonly gen: fc.GeneratorValue) {}

  public chance(percent: number): boolean {
    return this.gen(fc.nat, 99) < percent;
  }

  public some<T>(list: readonly T[], percent = 70): T[] {
    return list.filter(() => this.chance(percent));
  }

  /** One of a list; undefined if it is empty. */
  public one<T>(list: readonly T[]): T {
    return list[this.gen(fc.nat, Math.max(0, list.length - 1))] as T;
  }

  public allowedRoles(): '*' | string[] {
    return this.chance(40) ? '*' : this.some(ROLES, 50);
  }
}

const issuer = (draw: Draw, name: string) => ({
  issuer: `https://${name}.example.com`,
  audiences: ['x'],
  roleClaims: draw.chance(85) ? [['roles']] : [],
  roles: draw.some(ROLES),
});

export function auth(draw: Draw): GatewayDocumentInput['auth'] {
  if (draw.chance(15)) return { mode: 'none' };
  const issuers = draw.some(['sso', 'entra'], 40).map((name) => issuer(draw, name));
  const apiKeys = draw.chance(40) ? { directory: '/keys' } : undefined;
  const needsDemo = issuers.length === 0 && apiKeys === undefined;
  const demoToken = needsDemo || draw.chance(20) ? { roles: draw.some(ROLES, 50) } : undefined;
  return { mode: 'credentials', issuers, apiKeys, demoToken };
}

const address = (place: Place) => ({ host: hostOf(place), port: PORT, timeoutMs: 1000, serviceToken: tokenFor(place) });

function gateway(draw: Draw, place: Place, accountOf: (place: Place) => string): GatewayDocumentInput {
  const agents = draw.some(AGENTS, 85).map((agent) => ({
    name: agent.name,
    ...address(agent),
    allowedRoles: draw.allowedRoles(),
    subject: accountOf(agent),
    claimAudiences: [audienceOf(agent), ...draw.some(TOOLSETS, 90).map(audienceOf)],
  }));
  const names = agents.map(({ name }) => name);
  const toolsets = draw.some(TOOLSETS, 60).map((toolset) => ({
    name: toolset.name,
    ...address(toolset),
    tools: TOOLS.map((name) => ({ name, as: `${toolset.name}_${name}`, allowedRoles: draw.allowedRoles() })),
  }));
  const identity = { issuer: audienceOf(place), subject: accountOf(place), signingKeysDirectory: '/signing' };
  return gatewayOf(place, {
    auth: auth(draw),
    identity,
    agents,
    routes: names.length === 0 ? [] : routes(draw, names),
    toolsets,
  });
}

export function routes(draw: Draw, agents: readonly string[]): GatewayDocumentInput['routes'] {
  return draw.some(['one', 'two', 'three']).map((name) => {
    const others = draw.some(agents, 50).map((agent) => ({ agent, weight: draw.chance(60) ? 1 : 0 }));
    return {
      name,
      priority: draw.one([0, 1]),
      match: draw.chance(60)
        ? { by: 'agent' as const, agent: draw.one(agents) }
        : { by: 'intent' as const, pattern: draw.one(INTENTS) },
      backends: [{ agent: draw.one(agents), weight: 1 }, ...others],
    };
  });
}

function agent(draw: Draw, place: Place, accountOf: (place: Place) => string): AgentDocumentInput {
  const gateways = draw.some(GATEWAYS, 90).map((one) => ({
    name: nameOf(one),
    subject: accountOf(one),
    claimIssuers: [audienceOf(one)],
  }));
  const services = draw.some([CRON, OUTSIDER], 60).map((one) => ({
    name: nameOf(one),
    subject: accountOf(one),
    withoutUser: draw.chance(80),
  }));
  const toolsets = draw.some(TOOLSETS, 80).map((toolset) => ({
    name: toolset.name,
    ...address(toolset),
    tools: TOOLS.slice(draw.one([0, 0, 1])).map((name) => ({ name, as: `${toolset.name}_${name}` })),
  }));
  const document = agentOf(place, { callers: [...gateways, ...services], allowedRoles: draw.allowedRoles(), toolsets });
  document.identity.subject = accountOf(place);
  return document;
}

function toolset(draw: Draw, place: Place, accountOf: (place: Place) => string): ToolsetDocumentInput {
  const issuers = GATEWAYS.map(audienceOf);
  const callers = draw.some([...GATEWAYS, ...AGENTS, CRON, OUTSIDER], 90).map((one) => ({
    name: nameOf(one),
    subject: accountOf(one),
    claimIssuers: GATEWAYS.includes(one) ? [audienceOf(one)] : AGENTS.includes(one) ? draw.some(issuers, 85) : [],
    tools: draw.some(TOOLS, 85),
    ownTools: draw.some(TOOLS, 35),
  }));
  return toolsetOf(place, { callers, tools: TOOLS.map((name) => ({ name, allowedRoles: draw.allowedRoles() })) });
}

/** @param coherent whether no two workloads have one ServiceAccount */
export function randomDocuments(draw: Draw, coherent: boolean): RandomDocuments {
  const isShared = !coherent && draw.chance(20);
  const accounts = Object.fromEntries(WORKLOADS.map(({ name }) => [name, isShared && name === 'a2' ? 'a1' : name]));
  const accountOf = ({ name, namespace }: Place) => subjectOf({ name: accounts[name] ?? name, namespace });
  return {
    accounts,
    gateways: GATEWAYS.map((place) => gateway(draw, place, accountOf)),
    agents: AGENTS.map((place) => agent(draw, place, accountOf)),
    toolsets: TOOLSETS.map((place) => toolset(draw, place, accountOf)),
  };
}
