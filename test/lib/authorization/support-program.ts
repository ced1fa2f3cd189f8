import type { AgentDocumentInput, GatewayDocumentInput, ToolsetDocumentInput } from 'agentyard/contract';
import type { KubernetesObject } from 'agentyard/reachability';
import {
  agentOf,
  audienceOf,
  deploymentOf,
  gatewayOf,
  hostOf,
  nameOf,
  policyOf,
  PORT,
  runtimeObjects,
  subjectOf,
  tokenFor,
  toolsetOf,
  type Place,
} from './small-program';

export const front: Place = { name: 'front', namespace: 'edge' };
export const support: Place = { name: 'support', namespace: 'agents' };
export const logs: Place = { name: 'logs', namespace: 'tools' };
export const cron: Place = { name: 'cron', namespace: 'ops' };

export const READ = { toolset: 'tools/logs', tool: 'read' };
export const PURGE = { toolset: 'tools/logs', tool: 'purge' };

export interface Documents {
  gateway: GatewayDocumentInput;
  agent: AgentDocumentInput;
  toolset: ToolsetDocumentInput;
}

export const binding = (place: Place) => ({
  name: place.name,
  host: hostOf(place),
  port: PORT,
  timeoutMs: 1000,
  serviceToken: tokenFor(place),
});
export const bound = (name: string) => ({ name, as: name });
export const caller = (place: Place) => ({ name: nameOf(place), subject: subjectOf(place) });

/**
 * A gateway that serves `read` to everybody and has a route to an agent with both tools, for operators. The tool `purge` is
 * for admins.
 */
export function documents(): Documents {
  const issuers = [audienceOf(front)];
  return {
    gateway: gatewayOf(front, {
      agents: [
        {
          ...binding(support),
          allowedRoles: ['operator', 'admin'],
          subject: subjectOf(support),
          claimAudiences: [audienceOf(support), audienceOf(logs)],
        },
      ],
      routes: [
        {
          name: 'by-name',
          priority: 1,
          match: { by: 'agent', agent: 'support' },
          backends: [{ agent: 'support', weight: 1 }],
        },
      ],
      toolsets: [{ ...binding(logs), tools: [{ ...bound('read'), allowedRoles: '*' }] }],
    }),
    agent: agentOf(support, {
      callers: [
        { ...caller(front), claimIssuers: issuers },
        { ...caller(cron), claimIssuers: [], withoutUser: true },
      ],
      toolsets: [{ ...binding(logs), tools: [bound('read'), bound('purge')] }],
    }),
    toolset: toolsetOf(logs, {
      tools: [
        { name: 'read', allowedRoles: '*' },
        { name: 'purge', allowedRoles: ['admin'] },
      ],
      callers: [
        { ...caller(front), claimIssuers: issuers, tools: ['read'] },
        { ...caller(support), claimIssuers: issuers, tools: ['read', 'purge'], ownTools: ['read'] },
        { ...caller(cron), tools: [], ownTools: ['purge'] },
      ],
    }),
  };
}

export const CONNECTIONS: readonly [Place, Place][] = [
  [front, support],
  [front, logs],
  [support, logs],
  [cron, support],
  [cron, logs],
];

export function objectsOf({ gateway, agent, toolset }: Documents, connections = CONNECTIONS): KubernetesObject[] {
  const policies = [front, support, logs, cron].map((place) =>
    policyOf(
      place,
      connections.filter(([, to]) => to === place).map(([from]) => from),
      connections.filter(([from]) => from === place).map(([, to]) => to),
    ),
  );
  return [...[gateway, agent, toolset].flatMap((one) => runtimeObjects(one)), deploymentOf(cron), ...policies];
}
