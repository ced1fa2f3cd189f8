import type { ServerResponse } from 'node:http';
import { eventsOf, responseOf } from './agent-answer';
import { INVOKE, MEDIA_TYPES, questionOf, QUESTIONS, type Era, type Question } from './cell';
import { textOf, toolsOf } from './known-tools';
import { MODERN } from './mcp-message';

/** Stands for the id of the request. */
const ID = '<id>';

/** The answers to all questions, made once, in two pieces: only the id is put in between. */
const ANSWERS = new Map(
  QUESTIONS.map((question) => {
    const [before = '', after = ''] = bodyOf(question).split(JSON.stringify(ID));
    return [questionOf(question), { before: Buffer.from(before), after: Buffer.from(after) }] as const;
  }),
);

/** Sends the answer to a question. */
export function sendAnswer(response: ServerResponse, id: unknown, question: Question): void {
  const { before, after } = ANSWERS.get(questionOf(question))!;
  const body = Buffer.concat([before, Buffer.from(JSON.stringify(id)), after]);
  if (question.form === 'JSON') {
    response.writeHead(200, { 'content-type': MEDIA_TYPES.JSON, 'content-length': body.length }).end(body);
    return;
  }
  beginStream(response);
  response.write(body);
  response.end();
}

/** Sends a result that is not among those which are measured. */
export function sendResult(
  response: ServerResponse,
  id: unknown,
  era: Era,
  result: object,
  headers: object = {},
): void {
  response.writeHead(200, { 'content-type': MEDIA_TYPES.JSON, ...headers });
  response.end(JSON.stringify(responseMessage(id, complete(era, result))));
}

/** Begins a stream. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': MEDIA_TYPES.SSE, 'cache-control': 'no-cache' });
}

/** A message as an event of a stream. */
export function eventOf(message: object, type = 'message'): string {
  return `event: ${type}\ndata: ${JSON.stringify(message)}\n\n`;
}

/** The events of an agent's stream. */
export function agentEvents(id: string, output: string): string[] {
  return eventsOf(responseOf(id, output)).map((event) => eventOf(event, event.type));
}

export function responseMessage(id: unknown, result: object): object {
  return { jsonrpc: '2.0', id, result };
}

/** What each result of an era says beside its content. */
export function complete(era: Era, result: object): object {
  return era === MODERN ? { ...result, resultType: 'complete' } : result;
}

function bodyOf(question: Question): string {
  if (question.method === INVOKE) return invocationBody(question);
  const message = responseMessage(ID, resultOf(question));
  return question.form === 'JSON' ? JSON.stringify(message) : eventOf(message);
}

function invocationBody({ size, form }: Question): string {
  const output = textOf(size);
  return form === 'JSON' ? JSON.stringify(responseOf(ID, output)) : agentEvents(ID, output).join('');
}

function resultOf({ method, era, size }: Extract<Question, { readonly era: Era }>): object {
  if (method === 'tools/call') return complete(era, { content: [{ type: 'text', text: textOf(size) }] });
  // What may be kept for some time would be measured as the cache that keeps it.
  return complete(era, { tools: toolsOf(size), ...(era === MODERN && { ttlMs: 0, cacheScope: 'private' }) });
}
