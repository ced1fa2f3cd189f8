import { A2AError } from '@a2a-js/sdk/errors';
import { HttpProblem, type RequestContext, type TracePoint } from '@agentyard/runtime-kit';
import type { UserClaim } from 'agentyard/contract';
import { runAgent, type Agent } from '../agent-loop.js';
import { RunRecord } from '../run-record.js';
import { refuseArguments } from '../task-rules.js';
import type { A2aTask, TaskNames } from './a2a-task.js';
import { TaskShelf } from './task-shelf.js';

/** Most tasks that run though nobody waits for them: of all owners, and of one. Others run as long as somebody does. */
const MOST_ALONE = 64;
const MOST_ALONE_OF_OWNER = 16;

/** One request about tasks. */
export interface TaskCall extends Pick<RequestContext, 'requestId' | 'log' | 'annotate' | 'signal'> {
  /** Where in its trace the request is; absent if it has none. */
  readonly trace: TracePoint | undefined;
  readonly owner: string;
  readonly userClaim: string | undefined;
  /** The user of that claim. */
  readonly user: UserClaim | undefined;
  /** How long a run that it begins may take. */
  readonly timeoutMs: number;
  /** By what a task that it begins is to be known; absent: the agent names it. */
  readonly names: Partial<TaskNames>;
}

/** Runs the tasks of one agent. */
export class TaskRuns {
  public readonly shelf = new TaskShelf();

  public constructor(public readonly agent: Agent) {}

  /** Begins to work on a task. @throws A2AError if there is no room */
  public begin(task: A2aTask, call: TaskCall, isWaitedFor: boolean): void {
    if (!this.shelf.put(task)) throw new A2AError('The agent keeps as many tasks as it may.');
    void this.run(task, call, isWaitedFor);
  }

  /** Whether one more task of an owner may run while nobody waits for it. */
  public mayRunAlone(owner: string): boolean {
    const alone = this.shelf.all().filter((task) => !task.hasEnded && !task.isFollowed);
    return alone.length < MOST_ALONE && alone.filter((task) => task.owner === owner).length < MOST_ALONE_OF_OWNER;
  }

  /** Says that somebody does not follow a task any more: it runs on, if it may. */
  public leave(task: A2aTask, owner: string): void {
    if (task.hasEnded || task.isFollowed || this.mayRunAloneBeside(task, owner)) return;
    task.cancel('Nobody waits for it, and the agent works on as many such tasks as it may.');
  }

  /** Ends what runs. */
  public close(): void {
    for (const task of this.shelf.all()) task.cancel('The agent was shut down.');
  }

  private mayRunAloneBeside(task: A2aTask, owner: string): boolean {
    const others = this.shelf.all().filter((other) => other !== task && !other.hasEnded && !other.isFollowed);
    return others.length < MOST_ALONE && others.filter((other) => other.owner === owner).length < MOST_ALONE_OF_OWNER;
  }

  private async run(task: A2aTask, call: TaskCall, isWaitedFor: boolean): Promise<void> {
    const { requestId, userClaim, log, timeoutMs, trace } = call;
    const record = new RunRecord(requestId, this.agent.document);
    const note = (fields: Readonly<Record<string, unknown>>): void => {
      const line = { ...record.summary(), ...fields };
      // The line of the request is written when the request has ended, which the task may outlast.
      if (isWaitedFor && !call.signal.aborted) call.annotate(line);
      else log.info({ event: 'task-ended', ...line }, 'a task has ended');
    };
    try {
      const history = historyOf(this.shelf.inContext(task.names.contextId, task.owner));
      const asked = { input: task.input, history };
      refuseArguments(this.agent, asked, call.user, call);
      const scope = { requestId, userClaim, log, timeoutMs, trace, signal: task.signal };
      for await (const event of runAgent(this.agent, asked, record, scope)) {
        if (event.type !== 'completed') {
          task.take(event);
          continue;
        }
        note({ stopReason: event.response.stopReason });
        task.complete(event.response);
      }
    } catch (error) {
      if (task.signal.aborted) {
        note({ stopReason: 'canceled' });
        task.stop(requestId, record.ledger.usage);
        return;
      }
      const problem = problemOf(error, call);
      note({ problem: problem.code });
      task.fail(problem, requestId, record.ledger.usage);
    }
  }
}

/** What was said in a context so far. Of tasks without an answer nothing is. */
function historyOf(tasks: readonly A2aTask[]) {
  return tasks
    .filter(({ isCompleted, output }) => isCompleted && output !== '')
    .flatMap(({ input, output }) => [
      { role: 'user' as const, content: input },
      { role: 'assistant' as const, content: output },
    ]);
}

function problemOf(error: unknown, { log }: TaskCall): HttpProblem {
  if (error instanceof HttpProblem) return error;
  log.error({ err: error }, 'request failed');
  return new HttpProblem('internal-error', 'See the log line of this request id.');
}
