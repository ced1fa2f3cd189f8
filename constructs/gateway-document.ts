import type { AuthInput, GatewayDocumentInput, McpServerInput } from '../lib/contract';
import { serviceAudienceOf, serviceTokenFor, SIGNING_KEYS_DIRECTORY } from '../lib/identity/service-identity';
import { servingTlsSection, type ServingTls } from '../lib/workload/serving-tls';
import { callerDeadline } from '../lib/synth/deadline';
import type { RoleBoundToolset } from '../lib/synth/tool-names';
import { PEER_PORT, peersHost, podsHost, RUNTIME_PORT } from '../lib/workload/names';
import type { Agent } from './agent';
import { allowedRolesOf } from './allowed-roles';
import type { DoorSection } from './gateway-door';
import type { ForeignNames } from './gateway-servers';
import type { Route } from './route';
import type { UsageSection } from './usage-limits';
import type { Workload } from './workload';

/** What the document of a gateway is made of. */
export interface GatewayParts {
  readonly workload: Workload;
  readonly door: DoorSection;
  readonly tls?: ServingTls;
  readonly auth: AuthInput;
  readonly audit: GatewayDocumentInput['audit'];
  readonly maxBodyBytes?: number;
  readonly agents: readonly Agent[];
  readonly routes: readonly Route[];
  readonly toolsets: readonly RoleBoundToolset[];
  readonly servers: readonly McpServerInput[];
  readonly agentTools: readonly Agent[];
  readonly foreignNames?: ForeignNames;
  readonly outlierDetection: GatewayDocumentInput['outlierDetection'];
  readonly usage: UsageSection;
  readonly watch: GatewayDocumentInput['watch'];
  readonly tracing: GatewayDocumentInput['tracing'];
  readonly graceMs: number;
}

/** What a gateway is told. */
export function gatewayDocumentOf({ workload, ...parts }: GatewayParts): GatewayDocumentInput {
  const { id, subject, metricsPort } = workload;
  return {
    kind: 'Gateway',
    version: 1,
    ...id,
    listen: { port: RUNTIME_PORT, metricsPort },
    tls: parts.tls && servingTlsSection(parts.tls),
    ...parts.door,
    auth: parts.auth,
    audit: parts.audit,
    identity: { issuer: serviceAudienceOf(id), subject, signingKeysDirectory: SIGNING_KEYS_DIRECTORY },
    maxBodyBytes: parts.maxBodyBytes,
    agents: parts.agents.map(agentSection),
    routes: parts.routes.map((route) => route._config).sort((a, b) => b.priority - a.priority),
    toolsets: [...parts.toolsets],
    mcpServers: [...parts.servers],
    agentTools: parts.agentTools.map(({ node }) => node.id),
    foreignNames: parts.foreignNames,
    outlierDetection: parts.outlierDetection,
    ...parts.usage,
    peers: { host: peersHost(id), port: PEER_PORT },
    watch: parts.watch,
    tracing: parts.tracing,
    shutdown: { graceMs: parts.graceMs },
  };
}

function agentSection(agent: Agent): GatewayDocumentInput['agents'][number] {
  const { id, subject } = agent._workload;
  return {
    name: agent.node.id,
    host: podsHost(id),
    port: RUNTIME_PORT,
    timeoutMs: callerDeadline(agent._timeoutMs),
    allowedRoles: allowedRolesOf(agent._allowedRoles),
    argumentRules: agent._argumentRules,
    keepsSessions: agent._keepsSessions ? true : undefined,
    approverRoles: agent._approvals?.approverRoles,
    serviceToken: serviceTokenFor(id),
    subject,
    claimAudiences: agent._claimAudiences,
    card: agent._card,
    limits: agent._load,
    price: agent._price,
  };
}
