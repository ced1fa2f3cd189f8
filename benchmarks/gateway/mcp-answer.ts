import { isDeepStrictEqual } from 'node:util';
import { valuesIn, WrongAnswerError } from './answer-body';
import type { McpOperation, Size } from './cell';
import type { HttpAnswer } from './http-connection';
import { textOf, toolsOf } from './known-tools';
import { MODERN } from './mcp-message';

type Result = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: unknown;
  readonly jsonrpc?: unknown;
  readonly result?: Result;
}

/** The JSON-RPC response to a request. @throws WrongAnswerError */
export function messageOf(answer: HttpAnswer, id: number): { readonly result: Result } {
  const found = (valuesIn(answer) as Message[]).filter((message) => message.id === id);
  const [message] = found;
  if (found.length !== 1 || message?.jsonrpc !== '2.0' || typeof message.result !== 'object') {
    throw new WrongAnswerError(`no result for id ${id}`, answer);
  }
  return { result: message.result };
}

/** @throws WrongAnswerError for an answer whose result is not that of the upstream */
export function refuseOtherResult(
  answer: HttpAnswer,
  id: number,
  { method, era, size }: McpOperation & { readonly size: Size },
): void {
  const { result } = messageOf(answer, id);
  const expected = {
    ...(method === 'tools/list' ? { tools: toolsOf(size) } : { content: [{ type: 'text', text: textOf(size) }] }),
    ...(era === MODERN && { resultType: 'complete' }),
  };
  for (const [name, value] of Object.entries(expected)) {
    if (!isDeepStrictEqual(result[name], value)) throw new WrongAnswerError(`other "${name}"`, answer);
  }
  if (result.isError === true) throw new WrongAnswerError('an error', answer);
}
