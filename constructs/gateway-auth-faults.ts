import type { IConstruct } from 'constructs';
import { ANY_CALLER } from '../lib/contract';
import type { ErrorCode } from '../lib/errors/codes';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import type { Agent } from './agent';
import type { Auth } from './auth';
import type { IMcpServer } from './mcp-server';
import type { PublicUrl } from './public-url';
import type { Role } from './role';
import type { Route } from './route';
import type { ITool } from './tool';

/** What a gateway leads to. */
export interface GatewayServed {
  /** Tools that it serves itself. */
  readonly tools: readonly ITool[];
  /** MCP servers of others that it serves. */
  readonly servers: readonly IMcpServer[];
  /** Agents that it sends requests to. */
  readonly agents: readonly Agent[];
  /** By which it sends them. */
  readonly routes: readonly Route[];
}

/** What a complete program says of who may call a gateway, and what for. */
export interface GatewayAuthFacts extends GatewayServed {
  readonly gateway: IConstruct;
  readonly auth: Auth;
  /** Whether requests come in from outside of the cluster. */
  readonly exposed: boolean;
  readonly publicUrl: PublicUrl | undefined;
}

/** A thing that roles are asked for, and its roles. */
interface Asked {
  readonly what: string;
  readonly roles: readonly Role[];
}

/** What is told of the gateways of a program, in the order in which they are made. */
const known = new WeakMap<IConstruct, (() => GatewayAuthFacts)[]>();

/** Notes a gateway of the program, so that others know which roles its callers have. */
export function noteGateway({ node: { root } }: IConstruct, factsOf: () => GatewayAuthFacts): void {
  known.set(root, [...(known.get(root) ?? []), factsOf]);
}

/** Roles that tools, servers, agents and their tools ask for, and those that routes go by. */
export function rolesAskedFor(served: GatewayServed): Role[] {
  const roles = reached(served).flatMap((asked) => asked.roles);
  return [...new Set(roles)].filter(({ roleName }) => roleName !== ANY_CALLER);
}

/** What is wrong with who may call a gateway; known when the program is complete. */
export function gatewayAuthFaults(facts: GatewayAuthFacts): string[] {
  const found = [...noneFaults(facts), ...demoFaults(facts), ...roleFaults(facts)];
  return found.map(({ message }) => message);
}

function noneFaults(facts: GatewayAuthFacts): SynthError[] {
  const { gateway, auth, exposed } = facts;
  if (!auth._isNone) return [];
  const remedy = "Use Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'))";
  const outside = fault(gateway, 'AUTH_NONE_EXPOSED', {
    message:
      'auth is Auth.none(), and an entry, an exposure or connections.allowFrom lets in from outside of the cluster',
    remedy: `${remedy}, or let in pods of the cluster alone`,
  });
  const asked = rolesAskedFor(facts).map(({ roleName }) => roleName);
  const roles = fault(gateway, 'AUTH_NONE_ROLES', {
    message: `auth is Auth.none(), so nobody has a role, and what it serves asks for ${[...new Set(asked)].join(', ')}`,
    remedy: `${remedy}, whose keys carry roles`,
  });
  return [...(exposed ? [outside] : []), ...(asked.length > 0 ? [roles] : [])];
}

function demoFaults({ gateway, auth, exposed, publicUrl }: GatewayAuthFacts): SynthError[] {
  if (!auth._methods.some(({ isDemo }) => isDemo)) return [];
  const settings = [
    ...(auth._methods.every(({ isDemo }) => isDemo) ? [] : ['another way to authenticate']),
    ...(exposed ? ['a way in from outside of the cluster'] : []),
    ...(publicUrl !== undefined && !publicUrl.isLocal ? [`the public URL ${publicUrl.text}`] : []),
  ];
  if (settings.length === 0) return [];
  const message = `Auth.demoToken() lets in whoever knows a public token, and beside it stands ${settings.join(' and ')}`;
  return [fault(gateway, 'DEMO_TOKEN_EXPOSED', { message, remedy: 'Remove the demo token' })];
}

function roleFaults(facts: GatewayAuthFacts): SynthError[] {
  const { gateway, auth, tools, servers, agents, routes } = facts;
  if (auth._isNone) return [];
  const served = [
    ...tools.flatMap(askedByTool),
    ...servers.flatMap(askedByServer),
    ...agents.map(askedByAgent),
    ...routes.map(askedByRoute),
  ];
  const closed = served.filter(({ roles }) => roles.length > 0 && !roles.some((role) => auth._brings(role)));
  const told = new Set(closed.map(({ what }) => what));
  const orphans = orphanedRoles(facts).filter(({ what }) => !told.has(what));
  return [
    ...closed.map((asked) => unknownRole(gateway, asked, 'no caller of the gateway')),
    ...orphans.map((asked) => unknownRole(gateway, asked, 'no caller of any gateway that leads there')),
    ...ambiguousNames(rolesAskedFor(facts)).map((name) => ambiguousRole(gateway, name)),
  ];
}

/** Roles that no gateway brings of those that lead to who asks for them; told by the first of these. */
function orphanedRoles(facts: GatewayAuthFacts): Asked[] {
  const gateways = (known.get(facts.gateway.node.root) ?? []).map((factsOf) => factsOf());
  return reached(facts).flatMap(({ what, roles }) => {
    const leading = gateways.filter((other) => reached(other).some((asked) => asked.what === what));
    if (leading[0]?.gateway !== facts.gateway) return [];
    const orphans = roles.filter((role) => !leading.some(({ auth }) => auth._brings(role)));
    return orphans.length > 0 ? [{ what, roles: orphans }] : [];
  });
}

/** All that a gateway leads to, once. */
function reached({ tools, servers, agents, routes }: GatewayServed): Asked[] {
  const all = [
    ...agents.map(askedByAgent),
    ...[...tools, ...agents.flatMap(({ _tools }) => _tools)].flatMap(askedByTool),
    ...servers.flatMap(askedByServer),
    ...routes.map(askedByRoute),
  ];
  return [...new Map(all.map((asked) => [asked.what, asked])).values()];
}

function askedByTool({ _roles, _workload: { id } }: ITool): Asked[] {
  return [..._roles].map(([name, roles]) => ({ what: `the tool "${name}" of ${id.namespace}/${id.name}`, roles }));
}

function askedByServer({ _terms: { parts, path } }: IMcpServer): Asked[] {
  return parts.map(({ what, roles }) => ({ what: `${what} of the MCP server ${path}`, roles }));
}

function askedByAgent({ node, _roles }: Agent): Asked {
  return { what: `the agent ${node.path}`, roles: _roles };
}

function askedByRoute({ node, _callerRoles }: Route): Asked {
  return { what: `the route ${node.path}`, roles: _callerRoles };
}

function unknownRole(gateway: IConstruct, { what, roles }: Asked, nobody: string): SynthError {
  const names = roles.map(({ roleName }) => roleName).join(', ');
  return fault(gateway, 'ROLE_UNKNOWN', {
    message: `${what} asks for ${names}, and ${nobody} can have that: its auth brings no such role`,
    remedy:
      'Use a role of the realm that auth names; add one of elsewhere to the roles of Auth.oidc or Auth.entra; or use API keys',
  });
}

/** A name that two realms give: whoever has it from one of them would have it for both. */
function ambiguousNames(roles: readonly Role[]): string[] {
  const origins = new Map<string, Set<unknown>>();
  for (const { roleName, _realm } of roles) {
    origins.set(roleName, (origins.get(roleName) ?? new Set()).add(_realm));
  }
  return [...origins].filter(([, realms]) => realms.size > 1).map(([name]) => name);
}

function ambiguousRole(gateway: IConstruct, name: string): SynthError {
  return fault(gateway, 'ROLE_AMBIGUOUS', {
    message: `"${name}" is the name of roles of different origin, and whoever has one would have the other`,
    remedy: 'Rename one of them, or use the same role for both',
  });
}

function fault(gateway: IConstruct, code: ErrorCode, { message, remedy }: SynthFault): SynthError {
  return new SynthError(code, gateway, { message, remedy });
}
