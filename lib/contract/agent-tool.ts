import { z } from 'zod';
import { toolPermission } from './argument-rule';
import type { ContractError } from './fault';
import { dnsLabel } from './fields';
import { agentInvokeRequest, invokeResponse, type StreamEvent } from './invoke';

/** Agents that a gateway offers as tools. */
export const agentTools = z
  .array(dnsLabel)
  .default([])
  .describe(
    'Agents offered as MCP tools, each under its name, together with the others and at `/mcp/<name>`; none if absent. ' +
      'They are asked as by `POST /v1/invoke` with their name, by the routes.',
  );

/** With what an agent may be asked. */
export const agentRules = toolPermission.argumentRules.describe(
  'Which `input` and `history` it may be given, by role, on whichever path: a role without a rule may give all, and of ' +
    'several roles any is enough. Absent: all.',
);

/** Structured result of a tool that is an agent. What its own tools answered stays with it. */
export const agentToolResult = invokeResponse.omit({ toolCalls: true });

/** What the tool of an agent takes and gives, as JSON Schemas (2020-12). */
export const AGENT_TOOL_SCHEMAS = {
  inputSchema: z.toJSONSchema(agentInvokeRequest, { io: 'input' }),
  outputSchema: z.toJSONSchema(agentToolResult, { io: 'output' }),
};

export type AgentToolResult = z.output<typeof agentToolResult>;

/** An agent may do whatever its tools can; what is true of one of them need not be of all. */
export const AGENT_TOOL_ANNOTATIONS = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};

/** What is said of the tool of an agent. @param description of the agent; absent: it has none */
export function agentToolDescription(agent: string, description: string | undefined): string {
  return description ?? `Hands a task to the agent "${agent}", and gives its answer.`;
}

/** What a model is told of a task that is none. */
export function unfitTaskText({ faults }: ContractError): string {
  const lines = faults.map(({ path, message }) => `${path}: ${message}`);
  return `The arguments do not fit the tool's input schema:\n${lines.join('\n')}`;
}

/** What a model is told of a problem. */
export function problemText({ code, title, detail }: { readonly [name: string]: unknown }): string {
  const texts = [`${String(title)}.`, ...(typeof detail === 'string' ? [detail] : [])];
  return `${String(code)}: ${texts.join(' ')}`;
}

/** What the tool of an agent gives for an answer: its text, why it is not whole, and what the agent says of itself. */
export function agentToolAnswer(result: AgentToolResult) {
  const { output, stopReason } = result;
  const texts =
    stopReason === 'completed' ? [output] : [output, `The agent stopped before it was done: ${stopReason}.`];
  const content = texts.map((text) => ({ type: 'text' as const, text }));
  return { content, structuredContent: result, isError: false };
}

/** Member of `_meta` of a progress notification: which event of the agent it tells of, as `streamEvent` names it. */
const EVENT = 'agentyard.dev/event';

/**
 * What tells a client how an agent gets on (MCP, Progress): `message` has the text that the agent has just written, or what it
 * does. What its tools are given and answer stays with it.
 *
 * @param progress how many events were told, with this one
 * @returns absent for the first event, and for the last, which is the answer
 */
export function agentProgress(event: StreamEvent, progressToken: string | number, progress: number) {
  const message = progressMessage(event);
  if (message === undefined) return undefined;
  return { progressToken, progress, message, _meta: { [EVENT]: event.type } };
}

function progressMessage(event: StreamEvent): string | undefined {
  switch (event.type) {
    case 'turn-started':
      return `Turn ${event.turn}`;
    case 'text-delta':
      return event.text;
    case 'tool-started':
      return `Calls ${event.tool} of ${event.toolset}`;
    case 'tool-finished':
      return `${event.tool} of ${event.toolset} ${event.isError ? 'has failed' : 'has answered'}`;
    case 'started':
    case 'completed':
    case 'failed':
      return undefined;
  }
}

/** The members of a document that its agents' tools are told apart from, and led by. */
interface Offering {
  readonly agentTools: readonly string[];
  readonly routes: readonly {
    readonly match: { readonly by: string; readonly agent?: string };
    readonly backends: readonly { readonly agent: string }[];
  }[];
  readonly toolsets: readonly { readonly name: string; readonly tools: readonly { readonly as: string }[] }[];
  readonly mcpServers: readonly { readonly name: string }[];
}

/** Adds a fault for each agent that no route names, or whose name or path is that of something else. */
export function checkAgentTools(
  { agentTools: offered, routes, toolsets, mcpServers }: Offering,
  context: z.RefinementCtx,
): void {
  const named = new Set(
    routes.flatMap(({ match, backends }) => [match.agent, ...backends.map((backend) => backend.agent)]),
  );
  const paths = new Set([...toolsets, ...mcpServers].map(({ name }) => name));
  const tools = new Set(toolsets.flatMap((toolset) => toolset.tools.map(({ as }) => as)));
  offered.forEach((agent, i) => {
    const fault = (message: string): void =>
      context.addIssue({ code: 'custom', path: ['agentTools', i], message: `"${agent}" ${message}` });
    if (offered.indexOf(agent) !== i) fault('is listed twice');
    if (!named.has(agent)) fault('is named by no route');
    if (paths.has(agent)) fault('is the name of a toolset or server, too');
    if (tools.has(agent)) fault('is the name of a tool, too');
  });
}
