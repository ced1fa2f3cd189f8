import { serverRoles, toolRolesOf, type AllowedRoles, type McpServer } from '../contract';
import type { Candidate } from './call-path';
import { fact, type Check } from './check';
import type { Gateway, Program } from './program';
import { OTHER_TOOLS, serverTitle, type ToolId } from './tool-id';
import { credential, gatewayHop } from './user-paths';

/** Names of the MCP servers of others that gateways serve. */
export function serverNames({ gateways }: Program): string[] {
  return [...new Set(gateways.flatMap(({ document }) => document.mcpServers.map(({ name }) => name)))];
}

/** The tools of such servers as far as documents tell: those that they name, and the others where somebody may call them. */
export function serverTools({ gateways }: Program): ToolId[] {
  const all = gateways.flatMap(({ document }) => document.mcpServers.flatMap(toolsOf));
  return [...new Map(all.map((id) => [JSON.stringify([id.toolset, id.tool]), id])).values()];
}

function toolsOf({ name: toolset, tools, otherTools }: McpServer): ToolId[] {
  const others = otherTools.length > 0 ? [OTHER_TOOLS] : [];
  return [...tools.map(({ name }) => name), ...others].map((tool) => ({ toolset, tool }));
}

/** Roles that documents name for what servers offer. */
export function rolesOfServers({ gateways }: Program): AllowedRoles[] {
  return gateways.flatMap(({ document }) => document.mcpServers.flatMap(serverRoles));
}

/** The way of users of a gateway to a tool of an MCP server of others: a closed one if the gateway does not serve it. */
export function serverCandidate(program: Program, gateway: Gateway, { toolset: name, tool }: ToolId): Candidate {
  const server = gateway.document.mcpServers.find((one) => one.name === name);
  const what = tool === OTHER_TOOLS ? 'other tools' : `tool ${tool}`;
  return {
    gateway: gateway.name,
    hops: [gatewayHop(gateway), { kind: 'mcp-server', name }],
    checks: [
      credential(gateway),
      fact(server !== undefined, `${gateway.title} does not serve ${serverTitle(name)}`),
      {
        kind: 'roles',
        allowed: server === undefined ? [] : toolRolesOf(server, tool),
        because: (who) => `${gateway.title} shows ${what} of ${serverTitle(name)} to ${who}`,
        missing: (demand) => `${gateway.title} serves ${serverTitle(name)}, but there ${what} ${demand}`,
      },
      ...(server === undefined ? [] : [reaches(program, gateway, server)]),
    ],
  };
}

/** That the network lets the gateway through. Of a Service that is not among the manifests, any pods may be behind it. */
function reaches({ platform }: Program, gateway: Gateway, { name, endpoint }: McpServer): Check {
  const { host, port } = addressOf(endpoint);
  const verdict = () => platform.canReach(gateway.workload, host, port);
  return {
    kind: 'fact',
    holds: () => verdict().allowed,
    because: () => verdict().because,
    missing: () =>
      `${gateway.title} may not connect to ${serverTitle(name)} at ${host}, TCP ${port}: ${verdict().because.join('; ')}`,
  };
}

function addressOf(endpoint: McpServer['endpoint']): { readonly host: string; readonly port: number } {
  if (endpoint.by === 'pods') return endpoint;
  const { hostname, port, protocol } = new URL(endpoint.url);
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
}
