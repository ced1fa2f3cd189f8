import { HttpProblem, sendJson, SseWriter } from '@agentyard/runtime-kit';
import {
  agentChatCompletionRequest,
  conversationOf,
  openAiErrorOf,
  type AgentChatCompletionRequest,
  type AgentDocument,
} from 'agentyard/contract';
import { lastWords, type Answering, type Dialect, type Events } from '../agent-handler.js';
import { ChatAnswer, ChatText } from './chat-answer.js';

/** Ends a stream that is complete. */
const DONE = '[DONE]';

/**
 * `POST /v1/chat/completions` as OpenAI's clients call it: the answer is a `chatCompletion`, or with `stream`
 * Server-Sent Events of `chatCompletionChunk`. The agent's calls of its tools are its own affair, and not shown.
 *
 * @param agent whose name is its model's
 */
export function chatCompletions({ name, outputSchema }: AgentDocument): Dialect<AgentChatCompletionRequest> {
  return {
    schema: agentChatCompletionRequest,
    taskOf(body) {
      refuseOtherModel(name, body.model);
      return { ...conversationOf(body.messages), maxOutputTokens: outputLimitOf(body) };
    },
    answer(events, answering, { stream, stream_options }) {
      const asksUsage = stream_options?.include_usage === true;
      const chat = new ChatAnswer(answering.context.requestId, name, asksUsage);
      const text = new ChatText(outputSchema !== undefined);
      return (stream === true ? streamed : answered)(events, answering, chat, text);
    },
  };
}

/** @throws HttpProblem `agent-unknown`, unless none is asked for, or this one */
export function refuseOtherModel(agent: string, model: string | undefined): void {
  if (model === undefined || model === agent) return;
  throw new HttpProblem('agent-unknown', `There is no such model here but "${agent}".`);
}

function outputLimitOf({ max_tokens, max_completion_tokens }: AgentChatCompletionRequest): number | undefined {
  const limit = Math.min(max_tokens ?? Infinity, max_completion_tokens ?? Infinity);
  return limit === Infinity ? undefined : limit;
}

async function answered(events: Events, { response }: Answering, chat: ChatAnswer, text: ChatText): Promise<void> {
  let content = '';
  for await (const event of events) {
    content += text.addedBy(event) ?? '';
    if (event.type === 'completed') sendJson(response, 200, chat.completion(content, event.response));
  }
}

async function streamed(
  events: Events,
  { response, context }: Answering,
  chat: ChatAnswer,
  text: ChatText,
): Promise<void> {
  const writer = new SseWriter(response);
  const send = (value: object): void => writer.writeData(JSON.stringify(value));
  send(chat.chunk({ role: 'assistant', content: '' }));
  try {
    for await (const event of events) {
      const content = text.addedBy(event);
      if (content !== undefined) send(chat.chunk({ content }));
      if (event.type === 'completed') chat.lastChunks(event.response).forEach(send);
    }
    writer.writeData(DONE);
  } catch (error) {
    send(openAiErrorOf(lastWords(error, context).toProblem(context.requestId)));
  }
  writer.end();
}
