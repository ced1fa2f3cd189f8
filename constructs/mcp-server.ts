import type { Construct } from 'constructs';
import type { McpServerInput } from '../lib/contract';
import { deferFault } from '../lib/errors/deferred';
import { podsHost } from '../lib/workload/names';
import type { HealthPaths } from '../lib/workload/probes';
import type { MountedVolume } from '../lib/workload/volumes';
import { Connectable } from './connectable';
import { egressProxyFor } from './egress-proxy';
import {
  checkedPath,
  checkedPort,
  ForeignMcpServer,
  type McpServerServiceOptions,
  type McpServerUrlOptions,
} from './foreign-mcp-server';
import type { McpServerOptions } from './mcp-server-options';
import { McpServerTerms } from './mcp-server-terms';
import type { WorkloadOptions } from './pod-options';
import { Workload } from './workload';

const USUAL_PATH = '/mcp';
/** Stands for a port whose fault fails the synthesis anyway. */
const UNKNOWN_PORT = 8000;

/** An MCP server that speaks Streamable HTTP and stands behind gateways, and is not a toolset of this library. */
export interface IMcpServer {
  /** Name by which gateways know it: they serve it at `/mcp/<name>`. */
  readonly serverName: string;
  /** @internal */
  readonly _terms: McpServerTerms;
  /** @internal */
  readonly _endpoint: McpServerInput['endpoint'];
  /** What a gateway mounts to call it. @internal */
  readonly _volumes: readonly MountedVolume[];
  /** Opens the way of a gateway to it. @internal */
  _open(gateway: Workload): void;
}

/** Properties of an MCP server that the program deploys. */
export interface McpServerProps extends McpServerOptions, WorkloadOptions {
  /** Image of the server. */
  readonly image: string;
  /** TCP port that it serves at. */
  readonly port: number;
  /**
   * Path of its MCP endpoint.
   * @default /mcp
   */
  readonly path?: string;
  /**
   * What is run in place of the image's entry point.
   * @default - the image's entry point
   */
  readonly command?: string[];
  /**
   * Arguments of what is run.
   * @default - as the image has them
   */
  readonly args?: string[];
  /**
   * Path that answers with a status below 400 while it may get requests. It is restarted when it takes no connections.
   * @default - it may get requests while it takes connections
   */
  readonly healthPath?: string;
  /**
   * Whether it sends its HTTP requests through the proxy that HTTPS_PROXY names. Needed for hosts with `Egress.proxy()`.
   * @default false
   */
  readonly honoursProxy?: boolean;
}

/**
 * An MCP server of an image that is not of this library, hardened as all workloads are: gateways that it is given to may
 * reach it, and it may reach what `connections.allowTo` names, and nothing else. What it has beside the image comes by
 * `env`, `volumes` and `resources`.
 */
export class McpServer extends Connectable implements IMcpServer {
  /**
   * A server that is somewhere else. Its host is opened to gateways by the egress engine of the cluster's profile.
   *
   * @param scope construct that it belongs to
   * @param id its name, by which gateways serve it
   */
  public static fromUrl(scope: Construct, id: string, options: McpServerUrlOptions): IMcpServer {
    return ForeignMcpServer.atUrl(scope, id, options);
  }

  /**
   * A server in the cluster that is not of this program.
   *
   * @param scope construct that it belongs to
   * @param id its name, by which gateways serve it
   */
  public static fromService(scope: Construct, id: string, options: McpServerServiceOptions): IMcpServer {
    return ForeignMcpServer.atService(scope, id, options);
  }

  public readonly serverName: string;
  /** @internal */
  public readonly _terms: McpServerTerms;
  /** @internal */
  public readonly _endpoint: McpServerInput['endpoint'];
  /** @internal */
  public readonly _volumes: readonly MountedVolume[] = [];
  /** @internal */
  public readonly _workload: Workload;

  public constructor(scope: Construct, id: string, props: McpServerProps) {
    super(scope, id);
    const port = deferFault(this, () => checkedPort(this, props.port), UNKNOWN_PORT);
    const path = deferFault(this, () => checkedPath(this, props.path ?? USUAL_PATH), USUAL_PATH);
    this.serverName = id;
    this._terms = new McpServerTerms(this, props);
    this._workload = new Workload(this, props, {
      runtime: 'mcp-server',
      foreign: { port, command: props.command, args: props.args, health: this.health(props.healthPath) },
      graceMs: () => this._terms.timeoutMs,
      proxyFor: egressProxyFor,
    });
    this._endpoint = { by: 'pods', host: podsHost(this._workload.id), port, path };
  }

  /** @internal */
  public _open(gateway: Workload): void {
    gateway.connectTo(this._workload);
  }

  /** What a server calls its health may be that of what is behind it, for which a restart would be no cure. */
  private health(path: string | undefined): HealthPaths {
    return path === undefined ? {} : { ready: deferFault(this, () => checkedPath(this, path), path) };
  }
}
