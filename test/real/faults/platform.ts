import { readdirSync, readlinkSync } from 'node:fs';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { agent, API_KEYS, apiKey, byAgent, documentOf } from '../../../gateway-runtime/test/fixture';
import { serverOf } from '../../../gateway-runtime/test/mcp-server-fixture';
import { toolset } from '../../../gateway-runtime/test/toolset-fixture';
import { GatewayFiles, PEERS } from '../gateway-process';
import type { Findings } from './findings';
import { INSPECTED } from './inspector';
import type { Random } from './random';
import { Replica } from './replica';
import { buildUpstream, Upstream, type UpstreamKind } from './upstream';
import type { Callees } from './user';

/** Eight MCP servers, and two agents. */
const UPSTREAMS: readonly (readonly [name: string, kind: UpstreamKind])[] = [
  ['m1', 'modern'],
  ['m2', 'modern'],
  ['m3', 'modern'],
  ['l1', 'legacy'],
  ['l2', 'legacy'],
  ['l3', 'legacy'],
  ['t1', 'toolset'],
  ['t2', 'toolset'],
  ['a1', 'agent'],
  ['a2', 'agent'],
];

const TOOLS = ['echo', 'stream', 'wait'];

/** Long enough for a machine that is busy; what is stalled is stalled for longer. */
const TIMEOUT_MS = 5_000;
const LIST_TIMEOUT_MS = 3_000;

/** What fails is left alone for a short time only, so that much is tried. */
const limits = { maxConcurrency: 256, circuitBreaker: { windowMs: 2_000, openMs: 250 } };

/** A user of the test. */
export interface TestUser {
  readonly name: string;
  readonly key: string;
}

/** Two replicas of a gateway, and what is behind them. */
export class Platform {
  public static async start(users: number, random: Random, findings: Findings): Promise<Platform> {
    const program = buildUpstream();
    const upstreams = await Promise.all(
      UPSTREAMS.map(([name, kind]) => Upstream.create(name, kind, random.between(0, 2 ** 31), program, findings)),
    );
    const keys = Array.from({ length: users }, (_, i) => {
      const id = `user${String(i).padStart(4, '0')}`;
      return { id, name: id, ...apiKey(id, { user: id }) };
    });
    const files = await GatewayFiles.write({
      document: documentAt(0, upstreams),
      hosts: Object.fromEntries(upstreams.map(({ name, address }) => [`${name}-pods:8080`, [address]])),
      keys: Object.fromEntries(keys.map(({ id, file }) => [id, file])),
    });
    // The first one lives as long as the test, and is looked into.
    const replicas = [
      await Replica.start(await files.addReplica(), findings, INSPECTED),
      await Replica.start(await files.addReplica(), findings),
    ] as const;
    return new Platform(upstreams, replicas, files, keys);
  }

  private constructor(
    public readonly upstreams: readonly Upstream[],
    public readonly replicas: readonly [steady: Replica, other: Replica],
    private readonly files: GatewayFiles,
    public readonly users: readonly TestUser[],
  ) {}

  public get callees(): Callees {
    const named = (kind: UpstreamKind) => this.upstreams.filter((each) => each.kind === kind);
    const servers = this.upstreams.filter(({ kind }) => kind !== 'agent');
    return {
      servers: servers.map(({ name, kind }) => ({ name, asks: kind !== 'toolset' })),
      agents: named('agent').map(({ name }) => name),
    };
  }

  /** Writes one of many documents that differ in what matters while requests are on their way. */
  public writeDocument(version: number): Promise<void> {
    return this.files.writeDocument(JSON.stringify(documentAt(version, this.upstreams)));
  }

  /** Writes what is no document. */
  public writeBrokenDocument(version: number): Promise<void> {
    const whole = documentAt(version, this.upstreams);
    const broken = [
      '',
      JSON.stringify(whole).slice(0, 500),
      JSON.stringify({ ...whole, unknown: version }),
      JSON.stringify({ ...whole, version: 99 }),
      JSON.stringify({ ...whole, agents: [] }),
    ];
    return this.files.writeDocument(broken[version % broken.length] as string);
  }

  /** Open sockets of the steady replica. */
  public sockets(): number {
    const folder = `/proc/${this.replicas[0].process.pid}/fd`;
    return readdirSync(folder).filter((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
  }
}

function documentAt(version: number, upstreams: readonly Upstream[]): GatewayDocumentInput {
  const named = (kind: UpstreamKind) => upstreams.filter((each) => each.kind === kind);
  const timeoutMs = TIMEOUT_MS + (version % 3);
  const servers = [...named('modern'), ...named('legacy')].map(({ name, address }) =>
    serverOf(name, `http://${address}/mcp`, {
      timeoutMs,
      listTimeoutMs: LIST_TIMEOUT_MS,
      credentials: { by: 'user-claim', audience: `https://${name}.test` },
      // The order of tools with roles of their own changes nothing for those who have none.
      tools: version % 2 === 0 ? [] : [{ name: 'secret', allowedRoles: ['nobody'] }],
      limits,
    }),
  );
  const toolsets = named('toolset').map(({ name }, i) => {
    const tools = version % 4 === 3 && i === 1 ? TOOLS.slice(0, 2) : TOOLS;
    return toolset(name, Object.fromEntries(tools.map((tool) => [tool, `${name}__${tool}`])), { timeoutMs, limits });
  });
  const agents = named('agent').map(({ name }) => agent(name, { timeoutMs, limits }));
  return documentOf({
    listen: { port: 8080, metricsPort: 9090 },
    auth: API_KEYS,
    mcpServers: servers,
    toolsets,
    agents,
    routes: agents.map(({ name }) => byAgent(name)),
    foreignNames: 'prefixed',
    peers: PEERS,
    outlierDetection: { baseEjectionMs: 500, maxEjectionMs: 2_000, probe: { intervalMs: 200 } },
    shutdown: { graceMs: 5_000 },
  });
}
