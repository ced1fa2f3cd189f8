import { chatTextOf, type AgentChatCompletionRequest, type AgentInvokeRequest } from 'agentyard/contract';

type Message = AgentInvokeRequest['history'][number];

/**
 * The conversation of a request. What a client sends as `system` or `developer` are words of its user: the agent's
 * prompt is the only one. What follows each other from the same side becomes one message, since some models take turns
 * only; empty messages are left out.
 */
export function conversationOf(messages: AgentChatCompletionRequest['messages']): AgentInvokeRequest {
  const history: Message[] = [];
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
