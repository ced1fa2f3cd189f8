import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { gatewayDocument, type GatewayDocumentInput } from '../lib/contract';
import { deferFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { warn } from '../lib/errors/warning';
import { serviceAudienceOf, signingKeysVolume } from '../lib/identity/service-identity';
import { serviceNames } from '../lib/workload/gateway-door';
import { servingTlsVolumes, type ServingTls } from '../lib/workload/serving-tls';
import { callerDeadline } from '../lib/synth/deadline';
import { documentText } from '../lib/synth/document-text';
import { bindTools, type RoleBoundToolset } from '../lib/synth/tool-names';
import { podsHost } from '../lib/workload/names';
import { sizeInBytes } from '../lib/workload/resources';
import type { MountedVolume } from '../lib/workload/volumes';
import type { Agent } from './agent';
import type { AuditOptions } from './audit-options';
import type { Auth } from './auth';
import type { Caller } from './callers';
import { ClusterProfile } from './cluster-profile';
import { Connectable } from './connectable';
import { egressProxyFor } from './egress-proxy';
import { Entry } from './entry';
import { agentToolFaults, distinctAgentTools } from './gateway-agent-tools';
import { gatewayAuthFaults, noteGateway, rolesAskedFor, type GatewayAuthFacts } from './gateway-auth-faults';
import { gatewayDocumentOf } from './gateway-document';
import { gatewayDoor, type DoorSection } from './gateway-door';
import { distinctServers, serverSection, type ForeignNames } from './gateway-servers';
import { servingTls } from './gateway-tls';
import { warnOfAuditedContents, warnOfOpenness, warnOfUnknownHost } from './gateway-warnings';
import type { McpGatewayProps } from './mcp-gateway-props';
import type { IMcpServer } from './mcp-server';
import { outlierDetectionSection } from './outlier-detection';
import { PublicUrl } from './public-url';
import { usageFaults, usageLimits, usageSection, type UsageLimits, type UsageSection } from './usage-limits';
import { Route, type RouteOptions } from './route';
import type { ServeTlsOptions } from './serve-tls-options';
import type { ITool } from './tool';
import { gatewayTracing } from './tracing';
import { Trust } from './trust';
import type { ShowingGateway } from './upstream-credentials';
import { requireSameProgram, Workload } from './workload';

/** What a request takes at least, when nothing behind the gateway says more. */
const SHORTEST_GRACE_MS = 30_000;

/** The gateway in front of agents and tools: `POST /v1/invoke` and A2A at `/a2a/<agent>` by its routes, and MCP at `/mcp`. */
export class McpGateway extends Connectable {
  /** @internal */
  public readonly _workload: Workload;
  /** @internal */
  public readonly _caller: Caller;
  private readonly auth: Auth;
  private readonly audit?: AuditOptions;
  private readonly tools: readonly ITool[];
  private readonly servers: readonly IMcpServer[];
  private readonly agentTools: readonly Agent[];
  private readonly foreignNames?: ForeignNames;
  private readonly routes: Route[] = [];
  /** Agents by name, since requests and documents know them by name. */
  private agents: ReadonlyMap<string, Agent> = new Map();
  /** Whether something outside of the cluster brings requests in. */
  private exposed: boolean;
  private readonly toolsets: readonly RoleBoundToolset[];
  /** @internal */
  public readonly _publicUrl?: PublicUrl;
  private readonly maxBodyBytes?: number;
  private readonly outlierDetection: GatewayDocumentInput['outlierDetection'];
  private readonly door: DoorSection;
  private tls?: ServingTls;
  private readonly usage: UsageLimits;
  private readonly usageSection: UsageSection;
  private readonly watch: GatewayDocumentInput['watch'];
  private readonly tracing: GatewayDocumentInput['tracing'];
  private warned = false;

  public constructor(scope: Construct, id: string, props: McpGatewayProps) {
    super(scope, id);
    const { tools = [], mcpServers = [], entries = [] } = props;
    this.auth = props.auth;
    this.audit = props.audit;
    this.tools = tools;
    this.exposed = entries.some(({ external }) => external);
    this.toolsets = deferFault(this, () => this.bound(tools), []);
    const toolsetNames = this.toolsets.map(({ name }) => name);
    this.servers = distinctServers(this, mcpServers, toolsetNames);
    this.agentTools = distinctAgentTools(this, props.agentTools ?? [], this.toolsets, this.servers);
    this.foreignNames = props.foreignNames;
    const { publicUrl } = props;
    this._publicUrl =
      publicUrl === undefined ? undefined : deferFault(this, () => PublicUrl.claim(this, publicUrl), undefined);
    this.usage = usageLimits(props);
    this.usageSection = usageSection(this, this.usage);
    this.maxBodyBytes = props.maxBodySize && sizeInBytes(props.maxBodySize);
    this.outlierDetection = outlierDetectionSection(this, props.outlierDetection);
    const documentConfigMap = `${id}-routes`;
    this.watch = watchSection(props, documentConfigMap);
    this._workload = new Workload(this, props, {
      runtime: 'gateway',
      document: {
        file: gatewayDocument.file,
        text: () => documentText(gatewayDocument, this.document(), this.node.path),
        configMap: documentConfigMap,
        rollsOnChange: false,
      },
      graceMs: () => this.graceMs(),
      volumes: [
        ...props.auth._volumes,
        this.signingKeys(),
        ...(props.store?._volumes ?? []),
        ...this.volumesForServers(),
        ...servingTlsVolumes(() => this.tls),
      ],
      servesTls: () => this._servesTls,
      hasPeers: true,
      proxyFor: egressProxyFor,
    });
    const { id: workload, profile } = this._workload;
    this.door = gatewayDoor(this, workload, profile, this._publicUrl, props);
    this.tracing = gatewayTracing(this, this._workload, this.door.trustedProxies !== undefined, props.tracing);
    this._caller = {
      name: `${this._workload.id.namespace}/${this._workload.id.name}`,
      subject: this._workload.subject,
      claimIssuers: () => [serviceAudienceOf(this._workload.id)],
    };
    this.openWays(props);
    this.check(props);
  }

  /**
   * Adds a route. Throws ROUTE_DUPLICATE and NAME_TAKEN for an id that the gateway has already.
   *
   * @param id name of the route
   * @param options which requests go to which agents
   */
  public addRoute(id: string, options: RouteOptions): Route {
    const taken = this.node.tryFindChild(id);
    this.refuseDuplicateRoute(id, this, taken instanceof Route ? taken : undefined);
    if (taken !== undefined) {
      throw new SynthError('NAME_TAKEN', this, {
        message: `"${id}" is the id of an object of the gateway itself`,
        remedy: 'Choose another id for the route',
      });
    }
    return new Route(this, id, { gateway: this, ...options });
  }

  /**
   * Serves TLS at the gateway's own port, and not plain HTTP: to its routers, to clients within the cluster and to probes.
   * Throws SERVING_TLS_INVALID for a certificate without a Secret, and the second time.
   *
   * @param options what it shows its clients, and what they have to show
   */
  public serveTls(options: ServeTlsOptions): void {
    if (this.tls !== undefined) {
      throw new SynthError('SERVING_TLS_INVALID', this, {
        message: 'it serves TLS already',
        remedy: 'Call serveTls once',
      });
    }
    this.tls = servingTls(this, options);
  }

  /** Names of its Service. @internal */
  public get _serviceNames(): string[] {
    return serviceNames(this._workload.id, this._workload.profile.clusterDomain);
  }

  /** Whether its own port speaks TLS; known when the program is complete. @internal */
  public get _servesTls(): boolean {
    return this.tls !== undefined;
  }

  /** Whether requests need a client certificate. @internal */
  public get _requiresClientCertificates(): boolean {
    return this.tls?.clients?.required === true;
  }

  /** @internal */
  public _attach(route: Route, matched: Agent | undefined): void {
    requireSameProgram(route, this);
    this.refuseDuplicateRoute(route.node.id, route);
    this.refuseUnknownUsers(route);
    const called = route._backends.map(({ agent }) => agent);
    // Of an agent whose requests go to others only the name is needed.
    const named = matched === undefined ? called : [...called, matched];
    const agents = new Map(this.agents);
    for (const agent of named) {
      requireSameProgram(route, agent);
      refuseDuplicateAgent(agents, agent, route);
      agents.set(agent.node.id, agent);
    }
    this.agents = agents;
    this.routes.push(route);
    for (const agent of called) {
      this.connectTo(agent._workload);
      agent._admitGateway(this._caller);
    }
  }

  /** Lets requests from outside of the cluster in by its ingress. @internal */
  public _expose(place: Construct): void {
    this.exposed = true;
    const peer = deferFault(place, () => Entry.fromClusterIngress()._peer(this._workload.profile, place), undefined);
    if (peer !== undefined) this._workload.allowFrom(peer);
  }

  /** How long a request may take at most. @internal */
  public get _longestDeadlineMs(): number {
    return this.graceMs();
  }

  private serve(tool: ITool): void {
    this.connectTo(tool._workload);
    tool._admit(this._caller);
  }

  /** To what it calls, and from where it is called. */
  private openWays({ store, tools = [], entries = [], auth }: McpGatewayProps): void {
    deferFault(this, () => store?._open(this._workload), undefined);
    this.grantWatch();
    for (const tool of tools) deferFault(this, () => this.serve(tool), undefined);
    for (const server of this.servers) deferFault(this, () => this.reach(server), undefined);
    for (const entry of entries) this.enter(entry);
    for (const method of auth._methods) deferFault(this, () => method.attach?.(this), undefined);
  }

  /** Now, and when the program is complete. */
  private check({ publicUrl, hostnames = [], entries = [] }: McpGatewayProps): void {
    warnOfOpenness(this, this.auth);
    warnOfAuditedContents(this, this.audit);
    if (publicUrl === undefined && hostnames.length === 0) warnOfUnknownHost(this, entries);
    noteGateway(this, () => this.authFacts());
    this.node.addValidation({ validate: () => gatewayAuthFaults(this.authFacts()) });
    this.node.addValidation({ validate: () => this.warnOfNoEntry() });
    this.node.addValidation({ validate: () => agentToolFaults(this, this.agentTools, this.agents) });
    this.node.addValidation({ validate: () => usageFaults(this, this.usage, [...this.agents.values()]) });
  }

  private reach(server: IMcpServer): void {
    server._open(this._workload);
    server._terms.credentials?._attach(this.showing);
  }

  /** What it shows to MCP servers, and checks them by. */
  private volumesForServers(): MountedVolume[] {
    return this.servers.flatMap(({ serverName, _terms, _volumes }) => [
      ...(_terms.credentials?._volumes(serverName, this.auth) ?? []),
      ..._volumes,
    ]);
  }

  private get showing(): ShowingGateway {
    return { gateway: this, auth: this.auth };
  }

  private grantWatch(): void {
    if (this.watch === undefined) return;
    const { configMap, apiKeysSecret } = this.watch;
    const verbs = ['get', 'watch'];
    this.grantKubernetes({ resources: ['configmaps'], resourceNames: [configMap], verbs });
    if (apiKeysSecret === undefined) return;
    this.grantKubernetes({ resources: ['secrets'], resourceNames: [apiKeysSecret], verbs });
  }

  private signingKeys(): MountedVolume {
    const id = { name: this.node.id, namespace: Chart.of(this).namespace ?? '' };
    const trust = Trust._for(this, ClusterProfile.of(this));
    return signingKeysVolume(trust.addGateway(this, id, serviceAudienceOf(id)));
  }

  /** Opens the way, also for the largest body that this gateway passes on. */
  private connectTo(other: Workload): void {
    this._workload.callService(other);
    if (this.maxBodyBytes !== undefined) other.acceptBodies(this.maxBodyBytes);
  }

  private enter(entry: Entry): void {
    const peer = deferFault(this, () => entry._peer(this._workload.profile, this), undefined);
    if (peer !== undefined) this._workload.allowFrom(peer);
  }

  private refuseDuplicateRoute(name: string, place: Construct, known?: Route): void {
    const other = known ?? this.routes.find((route) => route.node.id === name);
    if (other === undefined) return;
    throw new SynthError('ROUTE_DUPLICATE', place, {
      message: `there is a route "${name}" at ${other.node.path} already`,
      remedy: 'Choose another id',
    });
  }

  private refuseUnknownUsers(route: Route): void {
    if (route._config.affinity?.by !== 'user' || !this.auth._isNone) return;
    throw new SynthError('ROUTE_AFFINITY_INVALID', route, {
      message: 'it goes by user, and the auth of its gateway is Auth.none(), which knows none',
      remedy: 'Use RouteAffinity.bySession(), or let callers show who they are',
    });
  }

  /** What opens the gateway later counts too, so this is asked for when the program is complete. */
  private authFacts(): GatewayAuthFacts {
    return {
      gateway: this,
      auth: this.auth,
      exposed: this.exposed || this._workload.admitsAddresses,
      publicUrl: this._publicUrl,
      tools: this.tools,
      servers: this.servers,
      agents: this.invokedAgents,
      routes: this.routes,
    };
  }

  /** Agents that get requests. */
  private get invokedAgents(): Agent[] {
    return [...new Set(this.routes.flatMap(({ _backends }) => _backends.map(({ agent }) => agent)))];
  }

  private warnOfNoEntry(): string[] {
    if (!this.warned && !this._workload.admitsAnybody) {
      warn(this, 'GATEWAY_WITHOUT_ENTRY', {
        message: 'the NetworkPolicy lets nobody in',
        remedy: 'Name who may: entries: [Entry.fromIngressController({ ... })]',
      });
    }
    this.warned = true;
    return [];
  }

  private bound(tools: readonly ITool[]): RoleBoundToolset[] {
    const uses = tools.map((tool) => ({ ...tool._use(), host: podsHost(tool._workload.id) }));
    return bindTools(uses, this.node.path);
  }

  private graceMs(): number {
    const agents = [...this.agents.values()].map((agent) => callerDeadline(agent._timeoutMs));
    const toolsets = this.toolsets.map(({ timeoutMs }) => timeoutMs);
    const servers = this.servers.map(({ _terms }) => _terms.timeoutMs);
    return Math.max(SHORTEST_GRACE_MS, ...agents, ...toolsets, ...servers);
  }

  private document(): GatewayDocumentInput {
    return gatewayDocumentOf({
      workload: this._workload,
      door: this.door,
      tls: this.tls,
      auth: this.auth._section(this, rolesAskedFor(this.authFacts())),
      audit: this.audit,
      maxBodyBytes: this.maxBodyBytes,
      agents: [...this.agents.values()],
      routes: this.routes,
      toolsets: this.toolsets,
      servers: this.servers.map((server) => serverSection(server, this.showing)),
      agentTools: this.agentTools,
      foreignNames: this.foreignNames,
      outlierDetection: this.outlierDetection,
      usage: this.usageSection,
      watch: this.watch,
      tracing: this.tracing,
      graceMs: this.graceMs(),
    });
  }
}

function refuseDuplicateAgent(agents: ReadonlyMap<string, Agent>, agent: Agent, route: Route): void {
  const known = agents.get(agent.node.id);
  if (known === undefined || known === agent) return;
  throw new SynthError('AGENT_DUPLICATE', route, {
    message: `"${agent.node.id}" is the name of both ${known.node.path} and ${agent.node.path}`,
    remedy: 'Rename one of the agents, since requests name them',
  });
}

/** What it watches; the Secret of its API keys, if it takes any. */
function watchSection({ watchesKubernetes, auth }: McpGatewayProps, configMap: string): GatewayDocumentInput['watch'] {
  return watchesKubernetes === true ? { configMap, apiKeysSecret: auth._apiKeysSecret } : undefined;
}
