import { isDeepStrictEqual } from 'node:util';
import { headerOf, type HttpAnswer } from './http-connection';
import { textOf, toolsOf } from './known-tools';
import { MODERN } from './mcp-message';
import type { Form, Question } from './cell';

/** Thrown for an answer that is not the one to the question. */
export class WrongAnswerError extends Error {
  public constructor(reason: string, { status, body }: HttpAnswer) {
    super(`wrong answer, ${reason}: status ${status}, ${body.subarray(0, 500).toString()}`);
    this.name = 'WrongAnswerError';
  }
}

/** A body that was read and found right, and where its id is. */
interface Model {
  readonly body: Buffer;
  readonly idAt: number;
  readonly idLength: number;
}

/**
 * Checks each answer to one question. The first is read; one with the same bytes but for the id is as right as that
 * one, and any other is read again, which keeps the cost of checking small without trust in anything.
 */
export class AnswerCheck {
  private readonly expected: object;
  private model: Model | undefined;
  private readonly seen = new Set<Form>();

  public constructor(question: Question) {
    this.expected = {
      ...(question.method === 'tools/list'
        ? { tools: toolsOf(question.size) }
        : { content: [{ type: 'text', text: textOf(question.size) }] }),
      ...(question.era === MODERN && { resultType: 'complete' }),
    };
  }

  /** How the answers were sent. */
  public get forms(): Form[] {
    return [...this.seen];
  }

  /** @throws WrongAnswerError */
  public check(answer: HttpAnswer, id: number): void {
    if (answer.status !== 200) throw new WrongAnswerError('not 200', answer);
    this.seen.add(formOf(answer));
    if (this.isLikeModel(answer.body, id)) return;
    const { result } = messageOf(answer, id);
    for (const [name, value] of Object.entries(this.expected)) {
      if (!isDeepStrictEqual(result[name], value)) throw new WrongAnswerError(`other "${name}"`, answer);
    }
    if (result.isError === true) throw new WrongAnswerError('an error', answer);
    const digits = String(id);
    const idAt = answer.body.indexOf(digits);
    // A second place with these digits would not be checked.
    const isPlain = answer.body.indexOf(digits, idAt + 1) < 0;
    this.model = isPlain ? { body: Buffer.from(answer.body), idAt, idLength: digits.length } : undefined;
  }

  private isLikeModel(body: Buffer, id: number): boolean {
    if (this.model === undefined || body.length !== this.model.body.length) return false;
    const { body: model, idAt, idLength } = this.model;
    const rest = idAt + idLength;
    return (
      body.toString('latin1', idAt, rest) === String(id) &&
      body.compare(model, 0, idAt, 0, idAt) === 0 &&
      body.compare(model, rest, model.length, rest, body.length) === 0
    );
  }
}

/** How an answer was sent. @throws WrongAnswerError */
function formOf(answer: HttpAnswer): Form {
  const type = headerOf(answer.head, 'content-type') ?? '';
  if (type.startsWith('application/json')) return 'JSON';
  if (type.startsWith('text/event-stream')) return 'SSE';
  throw new WrongAnswerError(`content type "${type}"`, answer);
}

interface Message {
  readonly id?: unknown;
  readonly jsonrpc?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
}

/** The JSON-RPC response to a request. @throws WrongAnswerError */
export function messageOf(answer: HttpAnswer, id: number): { readonly result: Readonly<Record<string, unknown>> } {
  const texts = formOf(answer) === 'JSON' ? [answer.body.toString()] : dataOf(answer.body.toString());
  const messages = texts.map((text) => parsed(text, answer));
  const found = messages.filter((message) => message.id === id);
  const [message] = found;
  if (found.length !== 1 || message?.jsonrpc !== '2.0' || typeof message.result !== 'object') {
    throw new WrongAnswerError(`no result for id ${id}`, answer);
  }
  return { result: message.result };
}

function parsed(text: string, answer: HttpAnswer): Message {
  try {
    return JSON.parse(text) as Message;
  } catch {
    throw new WrongAnswerError('not JSON', answer);
  }
}

/** The data of each event that has some. */
function dataOf(stream: string): string[] {
  const events = stream.split('\n\n').map((event) => event.split('\n').filter((line) => line.startsWith('data:')));
  return events
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.slice('data:'.length)).join('\n'))
    .filter((data) => data.trim() !== '');
}
