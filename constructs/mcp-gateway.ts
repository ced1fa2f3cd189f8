import type { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { gatewayDocument, type GatewayDocumentInput, type ToolsetBinding } from '../lib/contract';
import { deferFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { warn } from '../lib/errors/warning';
import { callerDeadline } from '../lib/synth/deadline';
import { documentText } from '../lib/synth/document-text';
import { bindTools } from '../lib/synth/tool-names';
import { podsHost, RUNTIME_PORT } from '../lib/workload/names';
import { sizeInBytes } from '../lib/workload/resources';
import type { Agent } from './agent';
import type { Auth } from './auth';
import { Connectable } from './connectable';
import { egressProxyFor } from './egress-proxy';
import type { Entry } from './entry';
import type { PodOptions } from './pod-options';
import { Route, type RouteOptions } from './route';
import type { ITool } from './tool';
import { requireSameProgram, Workload } from './workload';

/** What a request takes at least, when nothing behind the gateway says more. */
const SHORTEST_GRACE_MS = 30_000;

/** Properties of a gateway. */
export interface McpGatewayProps extends PodOptions {
  /** Who may call it. */
  readonly auth: Auth;
  /**
   * Tools that it serves over MCP at `/mcp`.
   * @default - none
   */
  readonly tools?: ITool[];
  /**
   * From where it may be reached.
   * @default - from nowhere
   */
  readonly entries?: Entry[];
  /**
   * Largest request body; the agents and tools behind it take as much.
   * @default Size.mebibytes(1)
   */
  readonly maxBodySize?: Size;
}

/** The gateway in front of agents and tools: `POST /v1/invoke` by its routes, and MCP at `/mcp`. */
export class McpGateway extends Connectable {
  /** @internal */
  public readonly _workload: Workload;
  private readonly routes: Route[] = [];
  /** Agents by name, since requests and documents know them by name. */
  private agents: ReadonlyMap<string, Agent> = new Map();
  private readonly toolsets: readonly ToolsetBinding[];
  private readonly maxBodyBytes?: number;
  private warned = false;

  public constructor(scope: Construct, id: string, props: McpGatewayProps) {
    super(scope, id);
    const { tools = [], entries = [] } = props;
    this.toolsets = deferFault(this, () => this.bound(tools), []);
    this.maxBodyBytes = props.maxBodySize && sizeInBytes(props.maxBodySize);
    this._workload = new Workload(this, props, {
      runtime: 'gateway',
      documentFile: gatewayDocument.file,
      document: () => documentText(gatewayDocument, this.document(props), this.node.path),
      documentConfigMap: `${id}-routes`,
      rollsOnChange: false,
      graceMs: () => this.graceMs(),
      volumes: props.auth._volumes,
      proxyFor: egressProxyFor,
    });
    for (const tool of tools) deferFault(this, () => this.connectTo(tool._workload), undefined);
    for (const entry of entries) this.enter(entry);
    if (props.auth._config.mode === 'none') this.admitAll(entries);
    this.node.addValidation({ validate: () => this.warnOfNoEntry() });
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

  /** @internal */
  public _attach(route: Route, matched: Agent | undefined): void {
    requireSameProgram(route, this);
    this.refuseDuplicateRoute(route.node.id, route);
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
    for (const agent of called) this.connectTo(agent._workload);
  }

  /** Opens the way, also for the largest body that this gateway passes on. */
  private connectTo(other: Workload): void {
    this._workload.connectTo(other);
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

  /** What opens the gateway later counts too, so this is known when the program is complete. */
  private admitAll(entries: readonly Entry[]): void {
    warn(this, 'AUTH_NONE', {
      message: 'everyone who reaches the gateway may call every agent and tool',
      remedy: "Use Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'))",
    });
    const exposed = () => entries.some(({ external }) => external) || this._workload.admitsAddresses;
    const fault = new SynthError('AUTH_NONE_EXPOSED', this, {
      message: 'auth is Auth.none(), and an entry or connections.allowFrom lets in from outside of the cluster',
      remedy: "Use Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')), or let in pods of the cluster alone",
    });
    this.node.addValidation({ validate: () => (exposed() ? [fault.message] : []) });
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

  private bound(tools: readonly ITool[]): ToolsetBinding[] {
    const uses = tools.map((tool) => ({ ...tool._use(), host: podsHost(tool._workload.id) }));
    return bindTools(uses, this.node.path);
  }

  private graceMs(): number {
    const deadlines = [...this.agents.values()].map((agent) => callerDeadline(agent._timeoutMs));
    return Math.max(SHORTEST_GRACE_MS, ...deadlines, ...this.toolsets.map((toolset) => toolset.timeoutMs));
  }

  private document(props: McpGatewayProps): GatewayDocumentInput {
    return {
      kind: 'Gateway',
      version: 1,
      ...this._workload.id,
      listen: { port: RUNTIME_PORT, metricsPort: this._workload.metricsPort },
      auth: props.auth._config,
      maxBodyBytes: this.maxBodyBytes,
      agents: [...this.agents.values()].map((agent) => ({
        name: agent.node.id,
        host: podsHost(agent._workload.id),
        port: RUNTIME_PORT,
        timeoutMs: callerDeadline(agent._timeoutMs),
      })),
      routes: this.routes.map((route) => route._config).sort((a, b) => b.priority - a.priority),
      toolsets: [...this.toolsets],
      shutdown: { graceMs: this.graceMs() },
    };
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
