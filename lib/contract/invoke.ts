import { z } from 'zod';
import { pendingApproval } from './approval';
import { dnsLabel, toolName } from './fields';
import { problem } from './problem';

const conversation = {
  input: z.string().min(1).describe('What the user asks.'),
  history: z
    .array(z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string().min(1) }))
    .max(1000)
    .default([])
    .describe('Earlier messages of the conversation, oldest first; the client holds them.'),
};

/** What an agent is given, in whichever way it is asked, by the names that argument rules have for it. */
export const AGENT_ARGUMENTS: readonly string[] = Object.keys(conversation);

const sessionId = z
  .string()
  .max(256)
  .regex(/^[!-~]+$/, 'must be printable ASCII without blanks')
  .describe(
    'Conversation that it belongs to, by a name of the client’s choice that holds for its user alone. Routes with affinity ' +
      'send what has the same one to the same pod while they can. An agent that keeps sessions goes on from what was ' +
      'said in it, and takes no `history` with it; one that keeps none is told by `history`.',
  );

/** Body of `POST /v1/invoke` of the gateway. With both, `agent` decides. */
export const invokeRequest = z
  .strictObject({
    agent: dnsLabel.optional().describe('Agent to ask.'),
    intent: z.string().min(1).max(10_000).optional().describe('Text that the routes’ patterns are matched against.'),
    sessionId: sessionId.optional(),
    ...conversation,
  })
  .refine(({ agent, intent }) => agent !== undefined || intent !== undefined, {
    error: 'give "agent" or "intent"',
    // Told together with what else is wrong.
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

/** Body of `POST /invoke` of an agent. */
export const agentInvokeRequest = z.strictObject({ sessionId: sessionId.optional(), ...conversation });

/** Body of `POST /v1/resume` of the gateway: goes on with what waited for approval in a session of the user. */
export const resumeRequest = z.strictObject({ agent: dnsLabel.describe('Agent to ask.'), sessionId });

/** Body of `POST /resume` of an agent. */
export const agentResumeRequest = z.strictObject({ sessionId });

/**
 * Why an invocation ended: it was completed, or what kept it from that. `max-answer-tokens` is the limit of one answer of
 * the model, the others that begin with `max` are limits of the request, by their names in the agent’s document. With
 * `invalid-output` the answer is not as the agent’s `outputSchema` has it, also after the model was told so. With
 * `approval-required` it is not over: `approval` says what waits, and `POST /v1/resume` goes on.
 */
export const STOP_REASONS = [
  'completed',
  'max-turns',
  'max-tool-calls',
  'max-answer-tokens',
  'max-input-tokens',
  'max-output-tokens',
  'max-total-tokens',
  'max-cost',
  'timeout',
  'content-filter',
  'invalid-output',
  'approval-required',
] as const;

const toolCall = z.strictObject({
  id: z.string(),
  toolset: dnsLabel,
  tool: toolName.describe('Name of the tool in its toolset.'),
  input: z.json(),
  output: z.string().describe('Text of the result, or of the error.'),
  isError: z.boolean(),
  durationMs: z.number().min(0),
});

/** Answer of `POST /v1/invoke` and `POST /invoke`. */
export const invokeResponse = z.strictObject({
  requestId: z.string(),
  agent: dnsLabel,
  sessionId: sessionId.optional().describe('The session that this was kept in; absent: it was not kept.'),
  output: z.string().describe('The agent’s answer; may be empty if a limit ended the request.'),
  structuredOutput: z
    .json()
    .optional()
    .describe('The answer as a value, if the agent has an `outputSchema` and `stopReason` is `completed`: it fits it.'),
  stopReason: z.enum(STOP_REASONS),
  approval: pendingApproval
    .optional()
    .describe('What waits for approval, with the `stopReason` `approval-required`: nothing of it was called.'),
  turns: z.int().min(0).describe('Calls of the model.'),
  toolCalls: z.array(toolCall).describe('In the order in which they finished.'),
  usage: z.strictObject({
    inputTokens: z.int().min(0),
    outputTokens: z.int().min(0),
    totalTokens: z.int().min(0),
    cost: z.number().min(0).optional().describe('What the tokens cost, to a millionth, if the model has a price.'),
  }),
});

/** Server-Sent Events of an invocation asked for with `Accept: text/event-stream`; the SSE event name is `type`. */
export const streamEvent = z.discriminatedUnion('type', [
  z
    .strictObject({ type: z.literal('started'), requestId: z.string(), agent: dnsLabel })
    .describe('First event: the agent has begun.'),
  z.strictObject({ type: z.literal('turn-started'), turn: z.int().min(1) }),
  z.strictObject({ type: z.literal('text-delta'), text: z.string() }),
  z.strictObject({
    type: z.literal('tool-started'),
    id: z.string(),
    toolset: dnsLabel,
    tool: toolName,
    input: z.json(),
  }),
  z.strictObject({ type: z.literal('tool-finished'), ...toolCall.shape }),
  z.strictObject({ type: z.literal('completed'), response: invokeResponse }).describe('Last event of a success.'),
  z.strictObject({ type: z.literal('failed'), problem }).describe('Last event of a failure.'),
]);

export type InvokeRequest = z.output<typeof invokeRequest>;
export type AgentInvokeRequest = z.output<typeof agentInvokeRequest>;
export type AgentResumeRequest = z.output<typeof agentResumeRequest>;
export type InvokeResponse = z.output<typeof invokeResponse>;
export type ToolCall = z.output<typeof toolCall>;
export type StreamEvent = z.output<typeof streamEvent>;
export type StopReason = (typeof STOP_REASONS)[number];
