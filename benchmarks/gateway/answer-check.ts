import { refuseOtherInvocation } from './agent-answer';
import { formOf, WrongAnswerError } from './answer-body';
import { INVOKE, type Form, type Question } from './cell';
import type { HttpAnswer } from './http-connection';
import { refuseOtherResult } from './mcp-answer';

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
  private model: Model | undefined;
  private readonly seen = new Set<Form>();

  public constructor(private readonly question: Question) {}

  /** How the answers were sent. */
  public get forms(): Form[] {
    return [...this.seen];
  }

  /** @throws WrongAnswerError */
  public check(answer: HttpAnswer, id: number): void {
    const { question } = this;
    if (answer.status !== 200) throw new WrongAnswerError('not 200', answer);
    this.seen.add(formOf(answer));
    if (this.isLikeModel(answer.body, id)) return;
    if (question.method === INVOKE) refuseOtherInvocation(answer, id, question.size);
    else refuseOtherResult(answer, id, question);
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
