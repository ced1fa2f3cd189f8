import { z } from 'zod';
import { dnsLabel } from './fields';
import { STOP_REASONS, type AgentInvokeRequest } from './invoke';

/** Taken, and left out: how an agent's model is called is for its document to say. */
const ignored = z.unknown().optional().describe('Taken, and left out: the agent decides.');

/** Asks for an answer of another form: only what asks for nothing is taken. */
const nothing = (error: string) => z.null({ error }).optional();
const emptyList = (error: string) => z.tuple([], { error }).nullish();

const NO_TOOLS = 'an agent has its own tools, and calls none of its clients';
const TEXT_ALONE = 'an agent reads and writes text alone';

const part = z.discriminatedUnion('type', [z.object({ type: z.literal('text'), text: z.string() })], {
  error: TEXT_ALONE,
});
const content = z.union([z.string(), z.array(part)], { error: 'must be text, or a list of parts of text' });

const ROLES = 'must be "system", "developer", "user" or "assistant": an agent calls no tools of its clients';

const message = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.enum(['system', 'developer', 'user']), content }),
    z.object({
      role: z.literal('assistant'),
      content: content.nullish(),
      tool_calls: emptyList(NO_TOOLS),
      function_call: nothing(NO_TOOLS),
      audio: nothing(TEXT_ALONE),
    }),
  ],
  { error: ({ input }) => (typeof input === 'object' && input !== null ? ROLES : 'must be an object') },
);

/** The text of a message; its parts stand on lines of their own. */
export function chatTextOf(value: z.output<typeof content> | null | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).map(({ text }) => text).join('\n');
}

const messages = z
  .array(message)
  .min(1)
  .max(1000)
  .superRefine((all, context) => {
    const last = all.at(-1);
    const at = all.length - 1;
    if (last?.role === 'assistant') {
      context.addIssue({ code: 'custom', path: [at, 'role'], message: 'the last message must be one of the user' });
    } else if (last !== undefined && chatTextOf(last.content).trim() === '') {
      context.addIssue({ code: 'custom', path: [at, 'content'], message: 'must not be empty' });
    }
  })
  .describe(
    'The conversation, oldest first. `system` and `developer` are words of the user: the agent’s prompt is its own.',
  );

/**
 * The conversation of a request. What a client sends as `system` or `developer` are words of its user: the agent's
 * prompt is the only one. What follows each other from the same side becomes one message, since some models take turns
 * only; empty messages are left out.
 */
export function conversationOf(messages: AgentChatCompletionRequest['messages']): AgentInvokeRequest {
  const history: AgentInvokeRequest['history'] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = chatTextOf(message.content);
    if (content.trim() === '') continue;
    const last = history.at(-1);
    if (last?.role === role) history[history.length - 1] = { role, content: `${last.content}\n\n${content}` };
    else history.push({ role, content });
  }
  // The schema sees to it that the last one is of the user, and not empty.
  const input = history.pop()?.content ?? '';
  return { history, input };
}

const tokens = z.int().min(1).nullish();

const parameters = {
  messages,
  stream: z.boolean().nullish().describe('Whether the answer comes as Server-Sent Events.'),
  stream_options: z
    .object({
      include_usage: z.boolean().nullish().describe('Whether a last chunk without choices says what was used.'),
    })
    .nullish(),
  max_tokens: tokens.describe('The same by its former name; the smaller one counts.'),
  max_completion_tokens: tokens.describe('Most tokens of each call of the model; the agent’s own limit holds too.'),
  prompt_cache_key: z
    .string()
    .max(256)
    .nullish()
    .describe('Conversation that it belongs to, for routes with affinity: what `sessionId` is to `/v1/invoke`.'),
  // What is asked for by these would be missing in the answer.
  tools: emptyList(NO_TOOLS),
  tool_choice: z.enum(['none', 'auto'], { error: NO_TOOLS }).nullish(),
  functions: emptyList(NO_TOOLS),
  function_call: z.enum(['none', 'auto'], { error: NO_TOOLS }).nullish(),
  n: z.literal(1, { error: 'must be 1: an agent gives one answer' }).nullish(),
  stop: emptyList('an agent stops at no words of its clients'),
  logprobs: z.literal(false, { error: 'an agent tells no probabilities' }).nullish(),
  top_logprobs: z.literal(0, { error: 'an agent tells no probabilities' }).nullish(),
  modalities: z.array(z.literal('text', { error: TEXT_ALONE })).nullish(),
  audio: nothing(TEXT_ALONE),
  response_format: z
    .object({ type: z.literal('text', { error: 'must be "text": an agent answers in no other form' }) })
    .nullish(),
  web_search_options: nothing(NO_TOOLS),
  store: z.literal(false, { error: 'answers are not stored' }).nullish(),
  temperature: ignored,
  top_p: ignored,
  top_k: ignored,
  min_p: ignored,
  frequency_penalty: ignored,
  presence_penalty: ignored,
  repetition_penalty: ignored,
  logit_bias: ignored,
  seed: ignored,
  reasoning_effort: ignored,
  verbosity: ignored,
  parallel_tool_calls: ignored,
  prediction: ignored,
  service_tier: ignored,
  metadata: ignored,
  user: ignored,
  safety_identifier: ignored,
  prompt_cache_retention: ignored,
};

const model = z.string().min(1).max(256);

/** Body of `POST /v1/chat/completions` of the gateway, after OpenAI's. */
export const chatCompletionRequest = z.strictObject({ model: model.describe('Agent to ask.'), ...parameters });

/** Body of `POST /v1/chat/completions` of an agent. */
export const agentChatCompletionRequest = z.strictObject({
  model: model.optional().describe('The agent’s own name; absent: the same.'),
  ...parameters,
});

const usage = z.strictObject({
  prompt_tokens: z.int().min(0),
  completion_tokens: z.int().min(0),
  total_tokens: z.int().min(0),
});

const finish = {
  finish_reason: z.enum(['stop', 'length', 'content_filter']).describe('What `stop_reason` is in OpenAI’s words.'),
  stop_reason: z.enum(STOP_REASONS).describe('Why it ended, as `/v1/invoke` says it.'),
};

const head = {
  id: z.string().describe('`chatcmpl-<request id>`'),
  created: z.int().min(0).describe('Seconds since 1970.'),
  model: dnsLabel.describe('The agent that answers.'),
};

/** Answer of `POST /v1/chat/completions`. */
export const chatCompletion = z.strictObject({
  ...head,
  object: z.literal('chat.completion'),
  choices: z.tuple([
    z.strictObject({
      index: z.literal(0),
      message: z.strictObject({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs: z.null(),
      ...finish,
    }),
  ]),
  usage,
});

const delta = z.strictObject({ role: z.literal('assistant').optional(), content: z.string().optional() });

/** Data of the Server-Sent Events of `POST /v1/chat/completions` with `stream`; after the last one comes `[DONE]`. */
export const chatCompletionChunk = z.strictObject({
  ...head,
  object: z.literal('chat.completion.chunk'),
  choices: z
    .array(
      z.strictObject({
        index: z.literal(0),
        delta,
        logprobs: z.null(),
        finish_reason: finish.finish_reason.nullable(),
        stop_reason: finish.stop_reason.optional(),
      }),
    )
    .max(1),
  usage: usage
    .nullish()
    .describe(
      'With `include_usage` in a chunk of its own, and null in all others; else in the chunk that has `finish_reason`.',
    ),
});

export type ChatCompletionRequest = z.output<typeof chatCompletionRequest>;
export type AgentChatCompletionRequest = z.output<typeof agentChatCompletionRequest>;
export type ChatCompletion = z.output<typeof chatCompletion>;
export type ChatCompletionChunk = z.output<typeof chatCompletionChunk>;

/** A model of `GET /v1/models`. */
export interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  /** Seconds since 1970; an agent has no such time. */
  readonly created: 0;
  readonly owned_by: 'agentyard';
}

/** An agent as a model. */
export function modelOf(agent: string): ListedModel {
  return { id: agent, object: 'model', created: 0, owned_by: 'agentyard' };
}

/** Answer of `GET /v1/models`. */
export function modelListOf(agents: readonly string[]): { object: 'list'; data: ListedModel[] } {
  return { object: 'list', data: agents.map(modelOf) };
}
