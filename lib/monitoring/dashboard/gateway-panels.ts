import type { Panel } from './panel';
import { highestPerWorkload, percentile95, perWorkload, rate, SAMPLES } from './queries';

const INVOCATIONS = 'agentyard_invocation_duration_seconds';
const MCP = 'mcp_server_operation_duration_seconds';
const ASKED = 'mcp_client_operation_duration_seconds';
const AGENTS = 'gen_ai_client_operation_duration_seconds';

const FAILED = 'error_type!=""';
const OF_TOOLS = 'gen_ai_tool_name!=""';

/** Agents count what they ask by the same names. */
const OF_GATEWAYS = 'runtime="gateway"';

/** Most lines of a graph of tools. */
const TOOLS = 20;

const tools = (...matchers: readonly string[]) =>
  highestPerWorkload(TOOLS, perWorkload(rate(`${MCP}_count`, OF_TOOLS, ...matchers), 'callee', 'gen_ai_tool_name'));

/** Graphs of gateways: rate, errors and duration by route, method, tool and callee, and what goes wrong beside. */
export const GATEWAY_PANELS: readonly Panel[] = [
  {
    title: 'Invocations by route',
    description: 'Requests to /v1/invoke. "none": no route took them.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${INVOCATIONS}_count`), 'route')],
  },
  {
    title: 'Failed invocations by route',
    description: 'By how they ended: refused is the caller’s to correct, overloaded may be sent again.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${INVOCATIONS}_count`, FAILED), 'route', 'error_type')],
  },
  {
    title: 'Duration of invocations by route, 95th percentile',
    description: 'From the first byte of the request to the last one of the answer, streams included.',
    unit: 's',
    queries: [percentile95(INVOCATIONS, ['route'])],
  },
  {
    title: 'Agents that gateways call',
    description: 'Invocations that were sent on.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${AGENTS}_count`, OF_GATEWAYS), 'gen_ai_agent_name')],
  },
  {
    title: 'Failed calls of agents',
    description: 'By how they ended, as the gateway sees it.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${AGENTS}_count`, OF_GATEWAYS, FAILED), 'gen_ai_agent_name', 'error_type')],
  },
  {
    title: 'Duration of agents, 95th percentile',
    description: 'Without the wait for their turn in the gateway.',
    unit: 's',
    queries: [percentile95(AGENTS, ['gen_ai_agent_name'], OF_GATEWAYS)],
  },
  {
    title: 'MCP by method',
    description: 'Requests of MCP. "mcp": refused before their body was read.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${MCP}_count`), 'mcp_method_name')],
  },
  {
    title: 'MCP errors by method',
    description: 'By code of JSON-RPC, tool_error for tools that say that they failed, else by how the request ended.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${MCP}_count`, FAILED), 'mcp_method_name', 'error_type')],
  },
  {
    title: 'Duration of MCP by method, 95th percentile',
    description: 'From the first byte of the request to the last one of the answer. Standing streams do not count.',
    unit: 's',
    queries: [percentile95(MCP, ['mcp_method_name'])],
  },
  {
    title: 'Tools that are called most',
    description: 'Calls by tool and by who has it.',
    unit: 'reqps',
    queries: [tools()],
  },
  {
    title: 'Tools that fail most',
    description: 'Calls that ended with any error.',
    unit: 'reqps',
    queries: [tools(FAILED)],
  },
  {
    title: 'Slowest tools, 95th percentile',
    description: 'Whole calls, with the wait for their turn.',
    unit: 's',
    queries: [highestPerWorkload(TOOLS, percentile95(MCP, ['callee', 'gen_ai_tool_name']))],
  },
  {
    title: 'Toolsets and servers that gateways ask',
    description: 'Requests that were sent on, lists among them.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${ASKED}_count`, OF_GATEWAYS), 'callee')],
  },
  {
    title: 'Failures of toolsets and servers',
    description: 'unreachable: nothing was sent, no_answer: it may have had its effect; else as for MCP.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${ASKED}_count`, OF_GATEWAYS, FAILED), 'callee', 'error_type')],
  },
  {
    title: 'Duration of toolsets and servers, 95th percentile',
    description: 'Without the wait for their turn in the gateway.',
    unit: 's',
    queries: [percentile95(ASKED, ['callee'], OF_GATEWAYS)],
  },
  {
    title: 'Pods left out',
    description: 'At present, since they failed in a row, and how often that begins.',
    unit: 'short',
    queries: [
      perWorkload(`agentyard_pods_ejected${SAMPLES}`),
      perWorkload(`increase(agentyard_pod_ejections_total${SAMPLES}[1h])`, 'reason'),
    ],
  },
  {
    title: 'Credentials for servers missing',
    description: 'Requests for which an MCP server could not be shown who calls.',
    unit: 'reqps',
    queries: [perWorkload(rate('agentyard_upstream_credential_failures_total'), 'reason')],
  },
  {
    title: 'TLS files refused',
    description: 'New certificates and keys that were refused within an hour, while the ones before stayed in force.',
    unit: 'short',
    queries: [perWorkload(`increase(agentyard_tls_reload_failures_total${SAMPLES}[1h])`)],
  },
];
