import { createHash } from 'node:crypto';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { audienceOf, subjectOf, TestIdentity } from '../../runtime-kit/test/identity-fixture';
import { AGENT } from './agent-message';
import type { Question } from './cell';
import { FEW_TOOLS, MORE_TOOLS } from './known-tools';
import { SESSIONS_PATH } from './mcp-message';

/** Where a pod has its files. */
export const MOUNT = '/etc/agentyard';

const TOOLSET = 'tools';

const SERVER = 'server';

/** What tools are behind: a toolset, which is asked without sessions; or a server of others that has nothing else. */
export type Behind = 'toolset' | 'server';

/** What it calls: the upstream stands for all. */
const CALLEES = [TOOLSET, AGENT, SERVER];
const PORT = 8080;
const hostOf = (callee: string): string => `${callee}-pods`;

/** The host map: who stands for what it calls. */
export function hostMap(upstreamPort: number): object {
  return Object.fromEntries(CALLEES.map((callee) => [`${hostOf(callee)}:${PORT}`, [`127.0.0.1:${upstreamPort}`]]));
}

/** Who may invoke the agent and call the tools that are called, and who sees those that only make lists large. */
const CALLER = 'caller';
const LISTER = 'lister';

/**
 * `gateway.json`: an agent, and tools with roles for each.
 *
 * @param collector URL that spans are posted to
 */
export function gatewayDocument(collector: string, behind: Behind = 'toolset'): GatewayDocumentInput {
  return {
    kind: 'Gateway',
    version: 1,
    name: 'gateway',
    namespace: 'bench',
    listen: { port: PORT, metricsPort: 9090 },
    auth: { mode: 'credentials', apiKeys: { directory: `${MOUNT}/keys` } },
    identity: {
      issuer: audienceOf('gateway'),
      subject: subjectOf('gateway'),
      signingKeysDirectory: `${MOUNT}/signing-keys`,
    },
    agents: [
      {
        name: AGENT,
        subject: subjectOf(AGENT),
        allowedRoles: [CALLER],
        claimAudiences: [AGENT, TOOLSET].map(audienceOf),
        ...calledAs(AGENT),
      },
    ],
    routes: [
      { name: 'by-name', priority: 1, match: { by: 'agent', agent: AGENT }, backends: [{ agent: AGENT, weight: 1 }] },
    ],
    // As many streams as are opened at once, all for one user.
    intake: { connections: 20_000, streams: 20_000, streamsPerUser: 20_000 },
    toolsets: behind === 'toolset' ? [toolset()] : [],
    mcpServers: behind === 'server' ? [mcpServer()] : [],
    // More than any load has, too: what is measured is that they are counted.
    rateLimits: [{ name: 'per-user', requests: 1_000_000_000, windowMs: 1_000, counted: 'local' }],
    tracing: { endpoint: collector, samplingRatio: 0.01 },
    shutdown: { graceMs: 1_000 },
  };
}

type Toolset = NonNullable<GatewayDocumentInput['toolsets']>[number];

function toolset(): Toolset {
  const bound = (role: string) => (tool: { readonly name: string }) => ({
    name: tool.name,
    as: tool.name,
    allowedRoles: [role],
  });
  return {
    name: TOOLSET,
    ...calledAs(TOOLSET),
    tools: [...FEW_TOOLS.map(bound(CALLER)), ...MORE_TOOLS.map(bound(LISTER))],
  };
}

function mcpServer(): NonNullable<GatewayDocumentInput['mcpServers']>[number] {
  const { host, port, timeoutMs, limits } = calledAs(SERVER);
  return {
    name: SERVER,
    endpoint: { by: 'pods', host, port, path: SESSIONS_PATH },
    timeoutMs,
    limits,
    tools: MORE_TOOLS.map(({ name }) => ({ name, allowedRoles: [LISTER] })),
    otherTools: [CALLER],
  };
}

function calledAs(callee: string) {
  return {
    host: hostOf(callee),
    port: PORT,
    timeoutMs: 60_000,
    serviceToken: { audience: audienceOf(callee), file: `${MOUNT}/tokens/${callee}` },
    // More than any load has: what waits would be measured.
    limits: { maxConcurrency: 100_000 },
  };
}

/** The keys of the gateway's clients: their roles decide how long the list of tools is. */
export const apiKeys = {
  keyFor({ method, size }: Question): string {
    return keyOf(method === 'tools/list' && size === '64 kB' ? LISTER : CALLER);
  },

  /** Each key's document, by its file. */
  files(): Record<string, unknown> {
    return {
      [`keys/${CALLER}`]: documentOf(CALLER, [CALLER]),
      [`keys/${LISTER}`]: documentOf(LISTER, [CALLER, LISTER]),
    };
  },
};

/** What shows those whom it calls who it is, by its file. */
export async function mountedIdentity(folder: string): Promise<Record<string, unknown>> {
  const { cluster, gateway } = TestIdentity.create(folder);
  const tokens = CALLEES.map(async (callee) => [
    `tokens/${callee}`,
    await cluster.token('gateway', audienceOf(callee)),
  ]);
  return {
    ...(Object.fromEntries(await Promise.all(tokens)) as Record<string, string>),
    'signing-keys/signing-keys.json': gateway.signingKeys(),
  };
}

const idOf = (role: string): string => role.padEnd(8, '0');

function keyOf(role: string): string {
  return `ay_${idOf(role)}_${createHash('sha256').update(role).digest('base64url')}`;
}

function documentOf(role: string, roles: readonly string[]): object {
  const sha256 = createHash('sha256').update(keyOf(role)).digest('hex');
  return { kind: 'ApiKey', version: 1, id: idOf(role), sha256, user: `user-of-${role}`, roles };
}
