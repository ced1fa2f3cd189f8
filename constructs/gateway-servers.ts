import type { IConstruct } from 'constructs';
import type { McpServerInput } from '../lib/contract';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import type { IMcpServer } from './mcp-server';
import type { ShowingGateway } from './upstream-credentials';

/** How names of what MCP servers offer are told apart, where several are served together. */
export enum ForeignNames {
  /** Always `<server>__<name>`, and `<server>+<uri>` for resources. */
  PREFIXED = 'prefixed',
  /** As `PREFIXED` where two would be equal, else as the server has them. */
  PREFIXED_ON_CONFLICT = 'prefixed-on-conflict',
  /** As the servers have them; of two that are equal the server has the name that is given first. */
  OWN = 'own',
}

/**
 * The servers of a gateway, each under a name of its own; one with a name that is taken is a fault.
 *
 * @param toolsets names of its toolsets, which are served beside them
 */
export function distinctServers(
  gateway: IConstruct,
  servers: readonly IMcpServer[],
  toolsets: readonly string[],
): IMcpServer[] {
  const taken = new Set(toolsets);
  return servers.filter(({ serverName }) => {
    if (!taken.has(serverName)) return taken.add(serverName);
    const fault = {
      message: `"${serverName}" is the name of two of its toolsets and MCP servers`,
      remedy: 'Rename one of them, since a gateway serves each at /mcp/<name>',
    };
    reportFault(gateway, new SynthError('MCP_SERVER_DUPLICATE', gateway, fault));
    return false;
  });
}

/** A server as the document of a gateway says it. */
export function serverSection({ serverName, _endpoint, _terms }: IMcpServer, showing: ShowingGateway): McpServerInput {
  return { name: serverName, endpoint: _endpoint, ..._terms.section(serverName, showing) };
}
