import type { Panel } from './panel';
import { highestPerWorkload, percentile95, perWorkload, rate } from './queries';

const RUNS = 'agentyard_run_duration_seconds';
const MODEL = 'gen_ai_client_operation_duration_seconds';
const TOKENS = 'gen_ai_client_token_usage';
const TOOLS = 'mcp_client_operation_duration_seconds';

/** Gateways count what they ask by the same names. */
const OF_AGENTS = 'runtime="agent"';
const FAILED = 'error_type!=""';

/** Most lines of a graph of tools. */
const MOST_TOOLS = 20;

/** Graphs of agents: what they are asked, their models and their tools. */
export const AGENT_PANELS: readonly Panel[] = [
  {
    title: 'What agents were asked, by how it ended',
    description: 'The stop reason of the answer, or the code of the problem. "aborted": nobody waited any more.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${RUNS}_count`), 'stop_reason')],
  },
  {
    title: 'Duration of what agents were asked, 95th percentile',
    description: 'With all turns of the model and all calls of tools.',
    unit: 's',
    queries: [percentile95(RUNS, [])],
  },
  {
    title: 'Turns of models',
    description: 'How often each model was asked.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${MODEL}_count`, OF_AGENTS), 'gen_ai_provider_name', 'gen_ai_request_model')],
  },
  {
    title: 'Failed turns of models',
    description: 'By the status that the provider answered with. failed: it did not answer, or not wholly.',
    unit: 'reqps',
    queries: [perWorkload(rate(`${MODEL}_count`, OF_AGENTS, FAILED), 'gen_ai_request_model', 'error_type')],
  },
  {
    title: 'Duration of turns of models, 95th percentile',
    description: 'Retries included.',
    unit: 's',
    queries: [percentile95(MODEL, ['gen_ai_request_model'], OF_AGENTS)],
  },
  {
    title: 'Tokens',
    description: 'Per second, as the providers say.',
    unit: 'short',
    queries: [perWorkload(rate(`${TOKENS}_sum`), 'gen_ai_request_model', 'gen_ai_token_type')],
  },
  {
    title: 'Tools that agents call most',
    description: 'Calls by tool and toolset, as the agents see them.',
    unit: 'reqps',
    queries: [
      highestPerWorkload(MOST_TOOLS, perWorkload(rate(`${TOOLS}_count`, OF_AGENTS), 'callee', 'gen_ai_tool_name')),
    ],
  },
  {
    title: 'Tools of agents that fail most',
    description: 'tool_error: the tool says so. unreachable: nothing was sent, no_answer: it may have had its effect.',
    unit: 'reqps',
    queries: [
      highestPerWorkload(
        MOST_TOOLS,
        perWorkload(rate(`${TOOLS}_count`, OF_AGENTS, FAILED), 'callee', 'gen_ai_tool_name', 'error_type'),
      ),
    ],
  },
];
