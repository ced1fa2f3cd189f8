import type { Duration } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { RateLimitInput } from '../lib/contract';
import { rangedDuration, rangedNumber } from '../lib/workload/ranged-number';
import type { Agent } from './agent';
import type { Role } from './role';
import type { IMcpServer } from './mcp-server';
import type { ITool } from './tool';

const MOST_REQUESTS = 1_000_000_000;
const DAY_MS = 86_400_000;

/** What has a count of its own. */
export enum CountedBy {
  /** Each user. */
  USER = 'user',
  /** Each API key; other credentials are not limited. */
  KEY = 'key',
  /** Each tool, and each agent. */
  TOOL = 'tool',
}

/** How often callers of a gateway may call. Of several limits, all that apply have to allow a request. */
export interface RateLimit {
  /** Name of the limit, as clients and logs see it: a DNS label. */
  readonly name: string;
  /** Requests within the window. */
  readonly requests: number;
  /** The window, 1 second to 1 day. */
  readonly window: Duration;
  /**
   * Requests at once.
   * @default - all of the window's
   */
  readonly burst?: number;
  /**
   * What has a count of its own; with an empty list all requests share one.
   * @default [CountedBy.USER]
   */
  readonly per?: CountedBy[];
  /**
   * Only callers with one of these roles.
   * @default - all callers
   */
  readonly roles?: Role[];
  /**
   * Only invocations of these agents, and requests for `tools`.
   * @default - all, unless `tools` are given
   */
  readonly agents?: Agent[];
  /**
   * Only requests for these tools, and invocations of `agents`.
   * @default - all, unless `agents` are given
   */
  readonly tools?: ITool[];
  /**
   * Only requests for these MCP servers, and what `tools` and `agents` name.
   * @default - all, unless `tools` or `agents` are given
   */
  readonly mcpServers?: IMcpServer[];
  /**
   * Whether all replicas of the gateway count together, in its `store`. If not, each counts by itself, and callers may
   * call that many times as often.
   * @default false
   */
  readonly shared?: boolean;
}

/** What a gateway's document says of it. */
export function rateLimitOf(place: IConstruct, limit: RateLimit): RateLimitInput {
  const { name, per, roles, agents, tools, mcpServers, shared = false } = limit;
  const prop = (member: string): string => `rateLimits.${name}.${member}`;
  const most = { least: 1, most: MOST_REQUESTS, whole: true };
  return {
    name,
    requests: rangedNumber(place, prop('requests'), limit.requests, most) ?? 1,
    windowMs: rangedDuration(place, prop('window'), limit.window, { least: 1_000, most: DAY_MS }) ?? 1_000,
    burst: rangedNumber(place, prop('burst'), limit.burst, most),
    per,
    roles: roles?.map(({ roleName }) => roleName),
    agents: agents?.map(({ node }) => node.id),
    tools: (tools ?? mcpServers) && [...(tools ?? []).flatMap(toolsOf), ...(mcpServers ?? []).map(serverOf)],
    counted: shared ? 'shared' : 'local',
  };
}

function toolsOf(tool: ITool) {
  const { toolset, tools } = tool._use();
  return tools.map((each) => ({ toolset, tool: each }));
}

/** All requests for it: which tools it has is not known here. */
function serverOf({ serverName }: IMcpServer) {
  return { toolset: serverName };
}
