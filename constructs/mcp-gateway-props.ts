import type { Size } from 'cdk8s';
import type { Agent } from './agent';
import type { AuditOptions } from './audit-options';
import type { Auth } from './auth';
import type { Entry } from './entry';
import type { GatewayDoorOptions } from './gateway-door-options';
import type { ForeignNames } from './gateway-servers';
import type { TracingOptions } from './tracing';
import type { IMcpServer } from './mcp-server';
import type { OutlierDetectionOptions } from './outlier-detection';
import type { PodOptions } from './pod-options';
import type { Quota } from './quota';
import type { RateLimit } from './rate-limit';
import type { SharedStore } from './shared-store';
import type { ITool } from './tool';

/** Properties of a gateway. */
export interface McpGatewayProps extends PodOptions, GatewayDoorOptions {
  /** Who may call it. */
  readonly auth: Auth;
  /**
   * Tools that it serves over MCP at `/mcp`.
   * @default - none
   */
  readonly tools?: ITool[];
  /**
   * Agents that it offers as MCP tools, each under its id, to those who may invoke it; the routes lead there. The tool asks
   * the agent as `POST /v1/invoke` does.
   * @default - none
   */
  readonly agentTools?: Agent[];
  /**
   * MCP servers of others that it serves over MCP, together at `/mcp` and each at `/mcp/<name>`.
   * @default - none
   */
  readonly mcpServers?: IMcpServer[];
  /**
   * How names of what these servers offer are told apart, where several are served together.
   * @default ForeignNames.PREFIXED_ON_CONFLICT
   */
  readonly foreignNames?: ForeignNames;
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
  /**
   * URL by which clients know it, for example `https://mcp.example.com`: the audience of its users' access tokens, and
   * what its Ingress or Route serves. Host and path are this gateway's alone.
   * @default - none: it has no Ingress or Route, and access tokens need an audience of their own
   */
  readonly publicUrl?: string;
  /**
   * When pods behind it that are ready and fail are left out for a while.
   * @default - after 5 failures in a row, for 30 seconds and longer, half of the pods of an agent or toolset at most
   */
  readonly outlierDetection?: OutlierDetectionOptions;
  /**
   * What its audit lines say of arguments and results.
   * @default - nothing
   */
  readonly audit?: AuditOptions;
  /**
   * How often callers may call; all limits that apply have to allow a request.
   * @default - as often as there is room for
   */
  readonly rateLimits?: RateLimit[];
  /**
   * How much users may use in a day. Needs `store`.
   * @default - as much as agents give
   */
  readonly quotas?: Quota[];
  /**
   * Where replicas count together.
   * @default - nowhere
   */
  readonly store?: SharedStore;
  /**
   * Whether it watches the Secret of its API keys, and the ConfigMap of its own document, through the Kubernetes API: what
   * changes counts within 5 seconds. Its pods then have a token that may get and watch these two objects and nothing else, and
   * a way to the API server, which the cluster's profile has to name.
   * @default false - it has no token; changes count when the kubelet has mounted them, after up to 90 seconds
   */
  readonly watchesKubernetes?: boolean;
  /**
   * How traces are recorded. Needs a `telemetryCollector` in the cluster's profile.
   * @default - one in a hundred requests, if the profile has a collector
   */
  readonly tracing?: TracingOptions;
}
