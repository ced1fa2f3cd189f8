import type { IncomingHttpHeaders } from 'node:http';
import {
  AGENT_TOOL_ANNOTATIONS,
  AGENT_TOOL_SCHEMAS,
  agentToolDescription,
  type GatewayDocument,
} from 'agentyard/contract';
import type { Caller } from '../../auth/caller.js';
import type { UpstreamIdentity } from '../../identity/upstream-identity.js';
import { permitted } from '../../pipeline/authorize.js';
import type { AgentBinding, Forwarding } from '../../pipeline/forward.js';
import type { Destination, RouteTable } from '../../routing/route-table.js';
import type { JsonObject } from '../wire/json-rpc.js';

/** How the agents of a document are asked. */
export interface AgentReach {
  readonly routes: RouteTable;
  readonly agents: ReadonlyMap<string, AgentBinding>;
  readonly identity: UpstreamIdentity;
  readonly forwarding: Forwarding;
}

/** An agent that is offered as a tool, under its own name. */
export class AgentTool {
  /** As clients are told of it. */
  public readonly declaration: JsonObject;
  /** What clients are told, where it leads and whom: equal texts mean that nothing has changed. */
  public readonly rules: unknown;

  public constructor(
    public readonly name: string,
    { routes, agents }: Pick<GatewayDocument, 'routes' | 'agents'>,
    public readonly reach: AgentReach,
  ) {
    const description = reach.agents.get(name)?.card.description;
    this.declaration = {
      name,
      description: agentToolDescription(name, description),
      ...AGENT_TOOL_SCHEMAS,
      annotations: AGENT_TOOL_ANNOTATIONS,
    };
    const leading = routes.filter(
      ({ match, backends }) =>
        (match.by === 'agent' && match.agent === name) || backends.some(({ agent }) => agent === name),
    );
    this.rules = [name, description, leading, agents.map(({ allowedRoles, ...agent }) => [agent.name, allowedRoles])];
  }

  /** Where a task goes by the routes; absent if none takes the request. */
  public routeFor(caller: Caller, headers: IncomingHttpHeaders): Destination | undefined {
    return this.reach.routes.byAgent(this.name, { headers, roles: caller.roles });
  }

  /**
   * Where a task goes by the routes, and which of the backends there the caller may invoke.
   *
   * @returns absent if no route takes the request, or the caller may invoke none: then there is no such tool for it
   */
  public destinationFor(caller: Caller, headers: IncomingHttpHeaders): Destination | undefined {
    const destination = this.routeFor(caller, headers);
    if (destination === undefined) return undefined;
    const backends = permitted(caller, destination.backends, this.reach.agents);
    return backends.length === 0 ? undefined : { ...destination, backends };
  }
}
