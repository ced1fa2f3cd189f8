import { MEDIA_TYPES, type Form } from './cell';
import { headerOf, type HttpAnswer } from './http-connection';

/** Thrown for an answer that is not the one to the question. */
export class WrongAnswerError extends Error {
  public constructor(reason: string, { status, body }: HttpAnswer) {
    super(`wrong answer, ${reason}: status ${status}, ${body.subarray(0, 500).toString()}`);
    this.name = 'WrongAnswerError';
  }
}

/** How an answer was sent. @throws WrongAnswerError */
export function formOf(answer: HttpAnswer): Form {
  const type = headerOf(answer.head, 'content-type') ?? '';
  if (type.startsWith(MEDIA_TYPES.JSON)) return 'JSON';
  if (type.startsWith(MEDIA_TYPES.SSE)) return 'SSE';
  throw new WrongAnswerError(`content type "${type}"`, answer);
}

/** The JSON of the body, or of each event that has some. @throws WrongAnswerError */
export function valuesIn(answer: HttpAnswer): unknown[] {
  const text = answer.body.toString();
  return (formOf(answer) === 'JSON' ? [text] : dataIn(text)).map((json) => {
    try {
      return JSON.parse(json) as unknown;
    } catch {
      throw new WrongAnswerError('not JSON', answer);
    }
  });
}

/** The data of each event that has some. */
function dataIn(stream: string): string[] {
  const events = stream.split('\n\n').map((event) => event.split('\n').filter((line) => line.startsWith('data:')));
  return events
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.slice('data:'.length)).join('\n'))
    .filter((data) => data.trim() !== '');
}
