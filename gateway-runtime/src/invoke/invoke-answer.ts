import type { StreamEvent } from 'agentyard/contract';
import { usageOf, type AnswerForm } from '../answer-form.js';

/** Answers of `POST /invoke`: `invokeResponse` and problems as JSON, `streamEvent` as events. */
export const INVOKE_ANSWER: AnswerForm = {
  usageIn: usageOf,

  /** Of an event `completed`; others say nothing of it. */
  usageInEvent(data) {
    if (!data.includes('"completed"')) return undefined;
    try {
      const event = JSON.parse(data) as { readonly type?: unknown; readonly response?: unknown } | null;
      return event?.type === 'completed' ? usageOf(event.response) : undefined;
    } catch {
      return undefined;
    }
  },

  problemIn(value) {
    const code = (value as { readonly code?: unknown } | null)?.code;
    return typeof code === 'string' ? code : undefined;
  },

  failedEvent(problem, requestId) {
    const failed: StreamEvent = { type: 'failed', problem: problem.toProblem(requestId) };
    return `event: failed\ndata: ${JSON.stringify(failed)}\n\n`;
  },
};
