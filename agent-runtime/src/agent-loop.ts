import { HttpProblem, type RequestContext, type TracePoint } from '@agentyard/runtime-kit';
import type { AgentDocument, AgentInvokeRequest, ArgumentRules, StreamEvent } from 'agentyard/contract';
import type { LanguageModel } from 'ai';
import type { AnswerForm } from './answer-form.js';
import { conversation, type Conclusion } from './conversation.js';
import { Deadline } from './deadline.js';
import type { RunRecord } from './run-record.js';
import type { Session } from './sessions/session.js';
import type { Sessions } from './sessions/sessions.js';
import type { ToolApprovals } from './sessions/tool-approvals.js';
import type { AgentMetrics } from './telemetry/agent-metrics.js';
import { RunTelemetry } from './telemetry/run-telemetry.js';
import type { ToolCatalog } from './tool-catalog.js';
import type { ToolsetScope } from './toolset-client.js';

/** An agent that is ready to run. */
export interface Agent {
  readonly document: AgentDocument;
  readonly model: LanguageModel;
  readonly catalog: ToolCatalog;
  /** The form of its answers; absent: text. */
  readonly form: AnswerForm | undefined;
  readonly metrics: AgentMetrics;
  /** What it may be given, by whom; absent: everything. */
  readonly rules: ArgumentRules | undefined;
  /** Which tools wait for a person. */
  readonly approvals: ToolApprovals;
  /** Conversations that it keeps; absent: none. */
  readonly sessions: Sessions | undefined;
}

/** What an agent is asked. */
export interface AgentTask extends AgentInvokeRequest {
  /** Most tokens of each answer of the model, beside its own limit. @default - its own limit alone */
  readonly maxOutputTokens?: number;
  /** The session that it goes on, in place of a history. @default - none */
  readonly session?: Session;
}

/** Whom a request is for, and how long it may take, in milliseconds. */
export interface Scope extends Pick<RequestContext, 'log'>, Omit<ToolsetScope, 'leftMs' | 'traceHeaders'> {
  readonly timeoutMs: number;
  /** Where in its trace it is; absent if it has none. */
  readonly trace: TracePoint | undefined;
}

/**
 * Runs one request: the model is asked, its tool calls are made and their results go back to it, until it answers or
 * a limit is crossed. The first event is `started`; the last is `completed` in both cases.
 *
 * @throws HttpProblem `model-failed`; the reason of the client's departure when the client has gone
 */
export async function* runAgent(
  agent: Agent,
  task: AgentTask,
  record: RunRecord,
  scope: Scope,
): AsyncGenerator<StreamEvent> {
  const telemetry = new RunTelemetry(agent.document, agent.metrics, scope.trace);
  const deadline = new Deadline(scope.timeoutMs, scope.signal);
  const complete = async ({ stopReason, structuredOutput, approval }: Conclusion): Promise<StreamEvent> => {
    telemetry.answered(stopReason);
    // Who has the answer may go on with the session.
    await task.session?.end();
    return record.complete(stopReason, { structuredOutput, approval, sessionId: task.session?.keptAs });
  };
  try {
    yield record.start();
    // A limit may be too small for any turn.
    const { exhausted } = record.ledger;
    if (exhausted !== undefined) {
      yield await complete({ stopReason: exhausted });
      return;
    }
    const conclusion = yield* conversation(agent, task, { record, scope, deadline, telemetry });
    // An answer that ends before it is complete has no calls made.
    yield* record.abandonTools('The call was not made: the answer of the model ended before.');
    yield await complete(conclusion);
  } catch (error) {
    if (deadline.cutOff === undefined) telemetry.failed(error instanceof HttpProblem ? error.code : 'internal-error');
    if (deadline.cutOff !== 'timeout') throw error;
    yield* record.abandonTools('The call was ended: the request has reached its time limit.');
    yield await complete({ stopReason: 'timeout' });
  } finally {
    deadline.end();
    telemetry.end(record.ledger.usage);
  }
}
