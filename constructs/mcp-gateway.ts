import type { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { gatewayDocument, type GatewayDocumentInput } from '../lib/contract';
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
  private readonly agents = new Map<string, Agent>();
  private readonly tools: readonly ITool[];
  private readonly maxBodyBytes?: number;

  public constructor(scope: Construct, id: string, props: McpGatewayProps) {
    super(scope, id);
    this.tools = props.tools ?? [];
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
    for (const tool of this.tools) this.connectTo(tool._workload);
    for (const entry of props.entries ?? []) this.enter(entry);
    this.checkEntries(props.auth, props.entries ?? []);
    this.toolsets();
  }

  /**
   * Adds a route. Throws ROUTE_DUPLICATE for a name that the gateway has already.
   *
   * @param id name of the route
   * @param options which requests go to which agents
   */
  public addRoute(id: string, options: RouteOptions): Route {
    this.refuseDuplicateRoute(id, this);
    if (this.node.tryFindChild(id) !== undefined) {
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
    this.routes.push(route);
    for (const { agent } of route._backends) {
      this.addAgent(agent, route);
      this.connectTo(agent._workload);
    }
    // Of an agent whose requests go to others only the name is needed.
    if (matched !== undefined) this.addAgent(matched, route);
  }

  private addAgent(agent: Agent, route: Route): void {
    const known = this.agents.get(agent.node.id);
    if (known === agent) return;
    if (known !== undefined) {
      throw new SynthError('AGENT_DUPLICATE', route, {
        message: `"${agent.node.id}" is the name of both ${known.node.path} and ${agent.node.path}`,
        remedy: 'Rename one of the agents, since requests name them',
      });
    }
    this.agents.set(agent.node.id, agent);
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

  private refuseDuplicateRoute(name: string, place: Construct): void {
    const other = this.routes.find((route) => route.node.id === name);
    if (other === undefined) return;
    throw new SynthError('ROUTE_DUPLICATE', place, {
      message: `there is a route "${name}" at ${other.node.path} already`,
      remedy: 'Choose another id',
    });
  }

  private checkEntries(auth: Auth, entries: readonly Entry[]): void {
    if (entries.length === 0) {
      warn(this, 'GATEWAY_WITHOUT_ENTRY', {
        message: 'the NetworkPolicy lets nobody in',
        remedy: 'Name who may: entries: [Entry.fromIngressController({ ... })]',
      });
    }
    if (auth._config.mode !== 'none') return;
    if (entries.some((entry) => entry.external)) {
      throw new SynthError('AUTH_NONE_EXPOSED', this, {
        message: 'auth is Auth.none() beside an entry from outside of the cluster',
        remedy: "Use Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')), or remove the entry",
      });
    }
    warn(this, 'AUTH_NONE', {
      message: 'everyone who reaches the gateway may call every agent and tool',
      remedy: "Use Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'))",
    });
  }

  private toolsets() {
    const uses = this.tools.map((tool) => ({ ...tool._use(), host: podsHost(tool._workload.id) }));
    return bindTools(uses, this.node.path);
  }

  private graceMs(): number {
    const deadlines = [...this.agents.values()].map((agent) => callerDeadline(agent._timeoutMs));
    return Math.max(SHORTEST_GRACE_MS, ...deadlines, ...this.toolsets().map((toolset) => toolset.timeoutMs));
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
      toolsets: this.toolsets(),
      shutdown: { graceMs: this.graceMs() },
    };
  }
}
