import {
  ArgumentRules,
  introspectsJwts,
  takesOpaqueTokens,
  type GatewayDocument,
  type GatewayIdentity,
  type McpServer,
  type TokenIssuer,
} from 'agentyard/contract';
import {
  localPath,
  ServiceTokens,
  UpstreamTls,
  UserClaimSigner,
  WatchedObject,
  type ApiServer,
  type Dispatcher,
  type JsonLimits,
  type LocalOverlay,
  type Logger,
  type SealingKeys,
  type SpanCounts,
} from '@agentyard/runtime-kit';
import { pathOf as a2aPathOf } from './a2a/agent-path.js';
import { AccessTokens } from './auth/access-token.js';
import { ApiKeyDirectory } from './auth/api-key-directory.js';
import { Authenticator, type CredentialChecks } from './auth/authenticator.js';
import { openClientSecret, type ClientSecret } from './auth/client-secret.js';
import { Introspection } from './auth/introspection.js';
import { IntrospectionEndpoint, type IntrospectionAccess } from './auth/introspection-endpoint.js';
import { IssuerKeys, type IssuerAccess } from './auth/issuer-keys.js';
import { OpenDoorWarning } from './auth/open-door-warning.js';
import { ProtectedResource } from './auth/protected-resource.js';
import { openCredentials, type CredentialSources } from './credentials/open-credentials.js';
import type { UpstreamCredentials } from './credentials/upstream-credentials.js';
import type { Open } from './document-resources.js';
import { AuditValues } from './pipeline/audit-values.js';
import { Door } from './pipeline/door.js';
import { isLoopbackAddress } from './pipeline/host.js';
import { UpstreamIdentity } from './identity/upstream-identity.js';
import type { Balancer } from './balance/balancer.js';
import type { Random } from './balance/weighted-choice.js';
import { AgentTool, type AgentReach } from './mcp/agents/agent-tool.js';
import { Catalog, type Backend } from './mcp/federation/catalog.js';
import { ServerBackend } from './mcp/federation/server-backend.js';
import { ToolsetBackend } from './mcp/federation/toolset-backend.js';
import { ServerTarget, ToolsetTarget, type Dispatchers } from './mcp/upstream/target.js';
import { Overload, type LoadSources } from './overload/overload.js';
import { RequestTraces } from './telemetry/request-traces.js';
import type { UpstreamMetrics } from './telemetry/upstream-metrics.js';
import type { AgentBinding } from './pipeline/forward.js';
import { RouteTable } from './routing/route-table.js';

/** What follows from one document. A request takes one and keeps it to its end. */
export interface GatewayState {
  readonly document: GatewayDocument;
  readonly door: Door;
  /** Of bodies. */
  readonly jsonLimits: JsonLimits;
  readonly routes: RouteTable;
  readonly agents: ReadonlyMap<string, AgentBinding>;
  /** What is offered at each path of MCP. */
  readonly catalogs: ReadonlyMap<string, Catalog>;
  readonly authenticator: Authenticator;
  readonly identity: UpstreamIdentity;
  readonly overload: Overload;
  /** What audit lines say of arguments and results; absent: nothing. */
  readonly auditValues: AuditValues | undefined;
  /** What MCP servers that are not ours are shown, by their names; nothing if one is not there. */
  readonly credentials: ReadonlyMap<string, UpstreamCredentials>;
  /** What signs user claims, if a server that is not ours has to check them. */
  readonly claimKeys: Pick<UserClaimSigner, 'publicKeys'> | undefined;
  /** Absent when clients are told nothing of the gateway. */
  readonly resource: ProtectedResource | undefined;
  readonly traces: RequestTraces;
}

/** Where what a document names is read. */
export interface StateSources {
  readonly overlay: LocalOverlay | undefined;
  readonly log: Logger;
  readonly balancer: Balancer;
  readonly random: Random;
  readonly dispatchers: Dispatchers;
  /** How often mounted files are read again, in milliseconds. */
  readonly pollMs: number;
  /** The API server; absent where there is none to ask. */
  readonly apiServer: () => ApiServer | undefined;
  readonly issuers: IssuerAccess;
  readonly introspection: IntrospectionAccess;
  /** Told when new TLS files are refused. */
  readonly onTlsRefusal: () => void;
  /** What becomes of spans. */
  readonly spans: SpanCounts;
  readonly upstreams: UpstreamMetrics;
  readonly load: LoadSources;
  readonly sealingKeys: Pick<SealingKeys, 'current'>;
  readonly credentials: Pick<CredentialSources, 'overlay' | 'pollMs' | 'access'>;
}

/** Prepares a document for serving. */
export async function prepareState(
  document: GatewayDocument,
  sources: StateSources,
  open: Open,
): Promise<GatewayState> {
  const signer = await signerOf(document.identity, sources, open);
  const identity = new UpstreamIdentity(document.identity, new ServiceTokens(sources.overlay), signer);
  const credentials = await openCredentials(
    document.mcpServers,
    { ...sources.credentials, identity: document.identity, signer, onTlsRefusal: sources.onTlsRefusal },
    open,
  );
  const routes = new RouteTable(document.routes);
  const agents = new Map(document.agents.map((agent) => [agent.name, { ...agent, rules: ArgumentRules.of(agent) }]));
  return {
    document,
    door: new Door(document, isLoopbackAddress(sources.overlay?.listen.host)),
    jsonLimits: { depth: document.intake.jsonDepth, members: document.intake.jsonMembers },
    routes,
    agents,
    catalogs: await catalogsOf(document, sources, { routes, agents, identity, credentials }, open),
    authenticator: await authenticatorOf(document, await watchedKeys(document, sources, open), sources, open),
    identity,
    credentials,
    claimKeys: document.mcpServers.some(({ credentials: shown }) => shown?.by === 'user-claim') ? signer : undefined,
    overload: await Overload.open(document, sources.load, open),
    auditValues: document.audit && new AuditValues(sources.sealingKeys, document.audit),
    resource: resourceOf(document),
    traces: await RequestTraces.open(document, sources.spans, open),
  };
}

async function authenticatorOf(
  { auth, mcpServers, watch }: Pick<GatewayDocument, 'auth' | 'mcpServers' | 'watch'>,
  watched: WatchedObject | undefined,
  sources: StateSources,
  open: Open,
): Promise<Authenticator> {
  const { overlay, log, pollMs } = sources;
  const exchangedIssuers = new Set(
    mcpServers.flatMap(({ credentials }) => (credentials?.by === 'token-exchange' ? credentials.issuer : [])),
  );
  if (auth.mode === 'none') {
    await open(['auth-none'], () => new OpenDoorWarning('auth-none', log));
    return new Authenticator(auth, {
      apiKeys: undefined,
      exchangedIssuers,
      ...(await tokenChecksOf([], sources, open)),
    });
  }
  if (auth.demoToken !== undefined) await open(['auth-demo-token'], () => new OpenDoorWarning('auth-demo-token', log));
  const { directory } = auth.apiKeys ?? {};
  const apiKeys =
    directory === undefined
      ? undefined
      : await open(['api-keys', directory, watched && watch?.apiKeysSecret], () =>
          ApiKeyDirectory.open(localPath(directory, overlay), { log, pollMs, watched }),
        );
  return new Authenticator(auth, {
    apiKeys,
    exchangedIssuers,
    ...(await tokenChecksOf(auth.issuers, sources, open)),
  });
}

/** What was found out about tokens goes with the document; keys and secrets stay if the next one names them, too. */
async function tokenChecksOf(
  issuers: readonly TokenIssuer[],
  sources: StateSources,
  open: Open,
): Promise<Omit<CredentialChecks, 'apiKeys' | 'exchangedIssuers'>> {
  const accessTokens = new Map<string, AccessTokens>();
  const clientSecrets: ClientSecret[] = [];
  let opaqueTokens: Introspection | undefined;
  for (const issuer of issuers) {
    const own = await issuerAccessOf(issuer, sources, open);
    const keys = await open(['issuer', issuer.issuer, issuer.jwksUri, issuer.tls], () =>
      IssuerKeys.open(issuer, own.issuers),
    );
    const asked = await introspectionOf(issuer, own, open);
    if (asked !== undefined) clientSecrets.push(asked.secret);
    if (takesOpaqueTokens(issuer)) opaqueTokens = asked?.introspection;
    const forJwts = introspectsJwts(issuer) ? asked?.introspection : undefined;
    accessTokens.set(issuer.issuer, new AccessTokens(issuer, keys, forJwts));
  }
  return { accessTokens, opaqueTokens, clientSecrets };
}

/** An issuer with TLS files of its own is asked through a dispatcher of its own. */
async function issuerAccessOf(issuer: TokenIssuer, sources: StateSources, open: Open): Promise<StateSources> {
  const { tls: files } = issuer;
  if (files === undefined) return sources;
  const { overlay, log, pollMs, onTlsRefusal: onRefusal } = sources;
  const subject = `the issuer "${issuer.issuer}"`;
  const tls = await open(['issuer-tls', issuer.issuer, files], () =>
    UpstreamTls.open(subject, files, { overlay, log, pollMs, onRefusal }),
  );
  const through = <T extends { readonly dispatcher: Dispatcher }>(access: T): T =>
    Object.defineProperty({ ...access }, 'dispatcher', { get: () => tls.dispatcher });
  return { ...sources, issuers: through(sources.issuers), introspection: through(sources.introspection) };
}

async function introspectionOf(
  issuer: TokenIssuer,
  { overlay, log, pollMs, introspection: access }: StateSources,
  open: Open,
): Promise<{ readonly introspection: Introspection; readonly secret: ClientSecret } | undefined> {
  if (issuer.introspection === undefined) return undefined;
  const { clientSecretFile: file } = issuer.introspection.credentials;
  const secret = await open(['client-secret', file], () => openClientSecret(localPath(file, overlay), { log, pollMs }));
  const endpoint = new IntrospectionEndpoint(issuer.issuer, issuer.introspection, secret, access);
  return { introspection: new Introspection(issuer, endpoint, access.limits), secret };
}

/** The Secret of API keys, where it is watched. */
async function watchedKeys(
  { namespace, watch }: Pick<GatewayDocument, 'namespace' | 'watch'>,
  { log, apiServer }: StateSources,
  open: Open,
): Promise<WatchedObject | undefined> {
  const name = watch?.apiKeysSecret;
  const api = name === undefined ? undefined : apiServer();
  if (name === undefined || api === undefined) return undefined;
  return open(['watch', namespace, name], () => new WatchedObject(api, { kind: 'secrets', namespace, name, log }));
}

function signerOf({ signingKeysDirectory: directory }: GatewayIdentity, sources: StateSources, open: Open) {
  const { overlay, log, pollMs } = sources;
  return open(['signing-keys', directory], () => UserClaimSigner.open(localPath(directory, overlay), { log, pollMs }));
}

function resourceOf(document: GatewayDocument): ProtectedResource | undefined {
  const { auth } = document;
  if (auth.mode === 'none' || auth.resource === undefined) return undefined;
  return new ProtectedResource(
    auth.resource,
    auth.issuers.map(({ issuer }) => issuer),
    pathsOf(document),
  );
}

/**
 * All backends and agents' tools at `/mcp`, and at `/` for clients that are given the gateway's URL alone; each by itself
 * below `/mcp`.
 */
async function catalogsOf(
  document: GatewayDocument,
  sources: StateSources,
  { routes, agents, identity, credentials }: Pick<GatewayState, 'routes' | 'agents' | 'identity' | 'credentials'>,
  open: Open,
): Promise<ReadonlyMap<string, Catalog>> {
  const { toolsets, mcpServers, agentTools, foreignNames } = document;
  const { balancer, dispatchers, random, upstreams } = sources;
  const servers = mcpServers.map(async (server) => {
    const own = await serverDispatchersOf(server, sources, open);
    return new ServerBackend(server, new ServerTarget(server, balancer, own, credentials.get(server.name)));
  });
  const backends: Backend[] = [
    ...toolsets.map(
      (toolset) => new ToolsetBackend(toolset, new ToolsetTarget(toolset, balancer, identity, dispatchers.pods)),
    ),
    ...(await Promise.all(servers)),
  ];
  const reach: AgentReach = {
    routes,
    agents,
    identity,
    forwarding: { dispatcher: dispatchers.pods, balancer, random, upstreams },
  };
  const tools = agentTools.map((name) => new AgentTool(name, document, reach));
  const all = Catalog.ofAll(backends, tools, foreignNames);
  const each = [
    ...backends.map((backend) => [pathOf(backend.target), Catalog.ofOne(backend)] as const),
    ...tools.map((tool) => [pathOf(tool), Catalog.ofAgent(tool)] as const),
  ];
  return new Map([['/', all], ['/mcp', all], ...each]);
}

/** A server with TLS files of its own is called through a dispatcher of its own. */
async function serverDispatchersOf(
  { name, endpoint }: McpServer,
  { overlay, log, pollMs, onTlsRefusal: onRefusal, dispatchers }: StateSources,
  open: Open,
): Promise<Dispatchers> {
  const { tls: files } = endpoint;
  if (files === undefined) return dispatchers;
  const pods = endpoint.by === 'pods' ? endpoint.host : undefined;
  const tls = await open(['server-tls', name, files, pods], () =>
    UpstreamTls.open(`the MCP server "${name}"`, files, { overlay, log, pollMs, onRefusal, pods }),
  );
  return {
    get pods() {
      return tls.dispatcher;
    },
    get outside() {
      return tls.dispatcher;
    },
  };
}

/** Paths that a client may be given as the URL of what it calls: those of MCP, and of agents. */
function pathsOf({ agents, toolsets, mcpServers, agentTools }: GatewayDocument): string[] {
  const asTools = agentTools.map((name) => ({ name }));
  const ofAgents = agents.map(({ name }) => a2aPathOf(name));
  return ['/', '/mcp', ...[...toolsets, ...mcpServers, ...asTools].map(pathOf), ...ofAgents];
}

function pathOf({ name }: { readonly name: string }): string {
  return `/mcp/${name}`;
}
