import type { ModelMessage } from 'ai';
import type { PausedRun } from './paused-run.js';

/** What is kept of a session. */
export interface SessionContent {
  /** What was said, oldest first. */
  readonly messages: readonly ModelMessage[];
  /** The run that waits for approval of calls in the last of them; absent: none does. */
  readonly paused?: PausedRun;
}

/** What stands in the text of a session. */
export function contentOf(text: string): SessionContent {
  return JSON.parse(text) as SessionContent;
}

/**
 * A session as it is kept. What was said first is left out until the rest is not too large; of a single question that is too
 * large with its answer, what tools were asked and what they answered, unless a run waits for them.
 *
 * @returns undefined if it cannot be made small enough
 */
export function sessionText({ messages, paused }: SessionContent, maxBytes: number): string | undefined {
  const exchanges = exchangesOf(messages);
  for (let first = 0; first < exchanges.length; first += 1) {
    const text = textOf({ messages: exchanges.slice(first).flat(), paused });
    if (Buffer.byteLength(text) <= maxBytes) return text;
  }
  if (paused !== undefined) return undefined;
  const words = textOf({ messages: (exchanges.at(-1) ?? []).flatMap(wordsOf) });
  return Buffer.byteLength(words) <= maxBytes ? words : undefined;
}

function textOf(content: SessionContent): string {
  return JSON.stringify(content);
}

/** Each begins with what the user says: providers refuse results of tools whose calls were left out. */
function exchangesOf(messages: readonly ModelMessage[]): ModelMessage[][] {
  const exchanges: ModelMessage[][] = [];
  for (const message of messages) {
    if (message.role === 'user' || exchanges.length === 0) exchanges.push([]);
    exchanges.at(-1)?.push(message);
  }
  return exchanges;
}

/** What was said in words. */
function wordsOf(message: ModelMessage): ModelMessage[] {
  if (message.role === 'user') return [message];
  if (message.role !== 'assistant') return [];
  if (typeof message.content === 'string') return [message];
  const text = message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return text === '' ? [] : [{ role: 'assistant', content: text }];
}
