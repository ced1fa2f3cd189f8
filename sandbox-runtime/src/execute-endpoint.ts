import { HttpProblem, readJson, sendJson, type Handler } from '@agentyard/runtime-kit';
import {
  executeRequest,
  unmetText,
  type ExecuteOutcome,
  type ExecuteResponse,
  type ProblemCode,
  type ToolsetDocument,
} from 'agentyard/contract';
import type { ToolAccess } from './tool-access.js';
import type { ToolCallEnd, ToolCalls } from './tool-calls.js';
import { textOf } from './tool-result.js';

import { logOf, type ToolsetCallers } from './toolset-callers.js';

/** Problems of calls without a result. Only of `sandbox-error` it is not certain that the tool did not run. */
const PROBLEMS_OF: Readonly<Record<Exclude<ToolCallEnd['outcome'], ExecuteOutcome | 'cancelled'>, ProblemCode>> = {
  'invalid-arguments': 'request-invalid',
  'not-ready': 'toolset-not-ready',
  overloaded: 'overloaded',
  'sandbox-error': 'internal-error',
};

/** After how many seconds a call may be tried again that was not started. */
const RETRY_AFTER_SECONDS = '1';

/** Calls tools by plain HTTP: one request, one call. */
export class ExecuteEndpoint {
  public constructor(
    private readonly document: ToolsetDocument,
    private readonly calls: ToolCalls,
    private readonly callers: ToolsetCallers,
    private readonly access: ToolAccess,
  ) {}

  /** Handler of `POST /execute`. */
  public readonly handle: Handler = async (request, response, context) => {
    const admitted = await this.callers.admit(request, context);
    const { by, leftMs } = admitted;
    const { tool: name, arguments: input } = await readJson(request, this.document.maxBodyBytes, executeRequest);
    const log = logOf(admitted, 'execute');
    const tool = this.access.find(name, by);
    if (typeof tool === 'string') {
      this.calls.deny(name, tool, log);
      throw new HttpProblem('tool-unknown', `Unknown tool: ${name}`);
    }
    const unmet = this.access.unmet(tool, input, by);
    if (unmet.length > 0) {
      this.calls.refuseArguments(name, unmet, log);
      throw new HttpProblem('arguments-refused', unmetText(unmet));
    }
    const end = await this.calls.call(tool, input, { signal: context.signal, leftMs }, log);
    if (end.outcome === 'cancelled')
      throw context.signal.aborted ? context.signal.reason : new HttpProblem('runtime-ending');
    sendJson(response, 200, answerOf(end, name, context.requestId));
  };
}

/** @throws HttpProblem if there is no result of the tool */
function answerOf({ outcome, result, durationMs }: ToolCallEnd, tool: string, requestId: string): ExecuteResponse {
  if (outcome in PROBLEMS_OF) {
    const code = PROBLEMS_OF[outcome as keyof typeof PROBLEMS_OF];
    const isLater = outcome === 'overloaded' || outcome === 'not-ready';
    throw new HttpProblem(code, textOf(result), undefined, isLater ? { 'retry-after': RETRY_AFTER_SECONDS } : {});
  }
  const { isError = false, ...rest } = result as Pick<ExecuteResponse, 'content' | 'structuredContent' | '_meta'> & {
    readonly isError?: boolean;
  };
  return { requestId, tool, outcome: outcome as ExecuteOutcome, isError, ...rest, durationMs };
}
