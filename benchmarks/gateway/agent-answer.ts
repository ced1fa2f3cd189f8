import { isDeepStrictEqual } from 'node:util';
import type { InvokeResponse, StreamEvent } from 'agentyard/contract';
import { AGENT } from './agent-message';
import { formOf, valuesIn, WrongAnswerError } from './answer-body';
import type { Size } from './cell';
import type { HttpAnswer } from './http-connection';
import { CALL_ARGUMENTS, textOf } from './known-tools';

/** What an agent answers that has looked something up. */
export function responseOf(requestId: string, output: string): InvokeResponse {
  const lookup = { id: 'call-1', toolset: 'tools', tool: 'small_json', input: CALL_ARGUMENTS };
  return {
    requestId,
    agent: AGENT,
    output,
    stopReason: 'completed',
    turns: 2,
    toolCalls: [{ ...lookup, output: textOf('small'), isError: false, durationMs: 12 }],
    usage: { inputTokens: 1_200, outputTokens: 240, totalTokens: 1_440 },
  };
}

/** What it streams meanwhile: an event for each line of the output. */
export function eventsOf(response: InvokeResponse): StreamEvent[] {
  const lookups = response.toolCalls.flatMap(({ id, toolset, tool, input, ...outcome }): StreamEvent[] => [
    { type: 'tool-started', id, toolset, tool, input },
    { type: 'tool-finished', id, toolset, tool, input, ...outcome },
  ]);
  const lines = response.output.split(/(?<=\n)/);
  return [
    { type: 'turn-started', turn: 1 },
    ...lookups,
    { type: 'turn-started', turn: 2 },
    ...lines.map((text) => ({ type: 'text-delta', text }) as const),
    { type: 'completed', response },
  ];
}

/** @throws WrongAnswerError for what is not all of the agent's answer to a request */
export function refuseOtherInvocation(answer: HttpAnswer, id: number, size: Size): void {
  const response = responseOf(String(id), textOf(size));
  const expected = formOf(answer) === 'JSON' ? [response] : eventsOf(response);
  if (!isDeepStrictEqual(valuesIn(answer), expected)) throw new WrongAnswerError('not the agent’s', answer);
}

/** What an agent says in the end, as JSON or as the last event. @throws WrongAnswerError */
export function outputIn(answer: HttpAnswer, id: number): string {
  const last = valuesIn(answer).at(-1) as Partial<InvokeResponse> & { readonly response?: InvokeResponse };
  const { requestId, output } = last.response ?? last;
  if (requestId !== String(id) || output === undefined) throw new WrongAnswerError(`no output for ${id}`, answer);
  return output;
}
