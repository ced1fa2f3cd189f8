import { invokeMessage } from './agent-message';
import { INVOKE, type Question } from './cell';
import type { HttpMessage } from './http-request';
import { toolFor } from './known-tools';
import { callMessage, listMessage } from './mcp-message';

/** The request that asks a question. */
export function questionMessage(question: Question, id: number): HttpMessage {
  if (question.method === INVOKE) return invokeMessage(id, toolFor(question), question.form);
  if (question.method === 'tools/list') return listMessage(question.era, id);
  return callMessage(question.era, id, toolFor(question), {});
}
