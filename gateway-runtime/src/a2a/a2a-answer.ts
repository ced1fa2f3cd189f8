import { A2A_ERRORS, RUN_METADATA } from 'agentyard/contract';
import { usageOf, type AnswerForm } from '../answer-form.js';
import { isObject, type JsonObject, type RpcId } from '../mcp/wire/json-rpc.js';

const NOTHING = { inputTokens: 0, outputTokens: 0 };

/** Answers of A2A: JSON-RPC, as JSON or one in each event. @param id of the request */
export function a2aAnswer(id: RpcId): AnswerForm {
  return {
    /** An error is one before anything was run. */
    usageIn: (value) => (errorIn(value) === undefined ? usageOf(figuresIn(value) ?? null) : NOTHING),

    usageInEvent(data) {
      if (!data.includes(`"${RUN_METADATA}"`)) return undefined;
      try {
        return usageOf(figuresIn(JSON.parse(data)) ?? null);
      } catch {
        return undefined;
      }
    },

    problemIn(value) {
      // Of a request that the agent did not let in, as of every other one.
      const code = isObject(value) ? value.code : undefined;
      return typeof code === 'string' ? code : undefined;
    },

    fieldsOf(value) {
      const code = errorIn(value)?.code;
      const problem = figuresIn(value)?.problem;
      return {
        ...(typeof code === 'number' && { rpcError: code }),
        ...(typeof problem === 'string' && { problem }),
      };
    },

    failedEvent(problem, requestId) {
      const { title, detail, code } = problem.toProblem(requestId);
      const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'agentyard.dev' };
      const message = [title, detail].filter(Boolean).join(': ');
      const error = { code: A2A_ERRORS.internal, message, data: [{ ...info, metadata: { requestId } }] };
      return `data: ${JSON.stringify({ jsonrpc: '2.0', id, error })}\n\n`;
    },
  };
}

function errorIn(value: unknown): JsonObject | undefined {
  return isObject(value) && isObject(value.error) ? value.error : undefined;
}

/** What a run has come to, in a task or in a change of its status, of either version. */
function figuresIn(value: unknown): JsonObject | undefined {
  const result = isObject(value) ? value.result : undefined;
  if (!isObject(result)) return undefined;
  for (const holder of [result.task, result.statusUpdate, result]) {
    const metadata = isObject(holder) ? holder.metadata : undefined;
    const figures = isObject(metadata) ? metadata[RUN_METADATA] : undefined;
    if (isObject(figures)) return figures;
  }
  return undefined;
}
