import type { IConstruct } from 'constructs';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import type { RoleBoundToolset } from '../lib/synth/tool-names';
import type { Agent } from './agent';
import type { IMcpServer } from './mcp-server';
import { requireSameProgram } from './workload';

/** The agents that a gateway offers as tools, each under a name of its own; one whose name is taken is a fault. */
export function distinctAgentTools(
  gateway: IConstruct,
  agents: readonly Agent[],
  toolsets: readonly RoleBoundToolset[],
  servers: readonly IMcpServer[],
): Agent[] {
  const taken = new Set([
    ...toolsets.flatMap(({ name, tools }) => [name, ...tools.map(({ as }) => as)]),
    ...servers.map(({ serverName }) => serverName),
  ]);
  return agents.filter((agent) => {
    deferFault(gateway, () => requireSameProgram(gateway, agent), undefined);
    const { id, path } = agent.node;
    if (!taken.has(id)) return taken.add(id);
    const fault = {
      message: `it offers ${path} as the tool "${id}", which is the name of another of its tools, toolsets or MCP servers`,
      remedy: 'Rename one of them, since a gateway serves each under its name and at /mcp/<name>',
    };
    reportFault(gateway, new SynthError('AGENT_TOOL_DUPLICATE', gateway, fault));
    return false;
  });
}

/** What is missing for agents to be asked by their tools, when the program is complete. @param routed by their names */
export function agentToolFaults(
  gateway: IConstruct,
  agents: readonly Agent[],
  routed: ReadonlyMap<string, Agent>,
): string[] {
  const unrouted = agents.filter((agent) => routed.get(agent.node.id) !== agent);
  return unrouted.map(({ node }) => {
    const fault = {
      message: `it offers ${node.path} as a tool, and no route of it names this agent`,
      remedy: `Add one: addRoute('${node.id}', { match: RouteMatch.agent(...) })`,
    };
    return new SynthError('AGENT_TOOL_UNROUTED', gateway, fault).message;
  });
}
