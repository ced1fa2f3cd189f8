import { randomUUID } from 'node:crypto';
import {
  AgentCard,
  type CancelTaskRequest,
  type GetTaskRequest,
  type ListTasksResponse,
  type SendMessageRequest,
  type StreamResponse,
  type SubscribeToTaskRequest,
  type Task,
  type TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import {
  A2AError,
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import type { A2ARequestHandler } from '@a2a-js/sdk/server';
import { agentCardJson } from 'agentyard/contract';
import { A2aTask, type TaskNames } from './a2a-task.js';
import { Following } from './following.js';
import { textOf } from './message-text.js';
import type { TaskRuns, TaskCall } from './task-runs.js';

/** What one caller asks about tasks, as the SDK has read it. */
export class TaskRequests implements A2ARequestHandler {
  public constructor(
    private readonly runs: TaskRuns,
    private readonly call: TaskCall,
  ) {}

  /** Who leaves before the answer does not know the task, so that it ends. */
  public async sendMessage(request: SendMessageRequest): Promise<Task> {
    const { returnImmediately = false, historyLength } = request.configuration ?? {};
    const { owner, signal } = this.call;
    if (returnImmediately && !this.runs.mayRunAlone(owner)) throw new A2AError(TOO_MANY);
    const task = this.begin(request, !returnImmediately);
    if (!returnImmediately) {
      await new Following(task, signal).untilEnd();
      if (!task.hasEnded && !task.isFollowed) task.cancel();
      signal.throwIfAborted();
    }
    return task.snapshot(historyLength);
  }

  public async *sendMessageStream(request: SendMessageRequest): AsyncGenerator<StreamResponse, void, undefined> {
    yield* this.followed(this.begin(request, true), request.configuration?.historyLength);
  }

  public async *resubscribe({ id }: SubscribeToTaskRequest): AsyncGenerator<StreamResponse, void, undefined> {
    const task = this.find(id);
    if (task.hasEnded) throw new UnsupportedOperationError('The task has ended; ask for it instead.');
    yield* this.followed(task);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the SDK asks for promises
  public async getTask({ id, historyLength }: GetTaskRequest): Promise<Task> {
    return this.find(id).snapshot(historyLength);
  }

  public async cancelTask({ id }: CancelTaskRequest): Promise<Task> {
    const task = this.find(id);
    task.cancel();
    await new Following(task, this.call.signal).untilEnd();
    this.call.signal.throwIfAborted();
    if (!task.isCanceled) throw new TaskNotCancelableError('The task has ended.');
    return task.snapshot();
  }

  public listTasks(): Promise<ListTasksResponse> {
    return refuse(new UnsupportedOperationError('Tasks are not listed.'));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the SDK asks for promises
  public async getAgentCard(): Promise<AgentCard> {
    const { name, card } = this.runs.agent.document;
    return AgentCard.fromJSON(agentCardJson({ name, card, url: '', security: [] }, '1.0'));
  }

  public getAuthenticatedExtendedAgentCard(): Promise<AgentCard> {
    return refuse(new ExtendedAgentCardNotConfiguredError('There is one card, for everybody.'));
  }

  public createTaskPushNotificationConfig(): Promise<TaskPushNotificationConfig> {
    return refuse(new PushNotificationNotSupportedError());
  }

  public getTaskPushNotificationConfig(): Promise<TaskPushNotificationConfig> {
    return refuse(new PushNotificationNotSupportedError());
  }

  public listTaskPushNotificationConfigs(): Promise<{
    configs: TaskPushNotificationConfig[];
    nextPageToken: string;
  }> {
    return refuse(new PushNotificationNotSupportedError());
  }

  public deleteTaskPushNotificationConfig(): Promise<void> {
    return refuse(new PushNotificationNotSupportedError());
  }

  private async *followed(task: A2aTask, historyLength?: number): AsyncGenerator<StreamResponse, void, undefined> {
    const { owner, signal } = this.call;
    const following = new Following(task, signal);
    try {
      yield { payload: { $case: 'task', value: task.snapshot(historyLength) } };
      yield* following.events();
    } finally {
      following.end();
      this.runs.leave(task, owner);
    }
  }

  /** @param isWaitedFor whether the request ends with the task */
  private begin({ message, configuration }: SendMessageRequest, isWaitedFor: boolean): A2aTask {
    if (message === undefined || message.messageId === '') {
      throw new RequestMalformedError('The message or its messageId is missing.');
    }
    if (configuration?.taskPushNotificationConfig !== undefined) throw new PushNotificationNotSupportedError();
    if (message.taskId !== '') {
      this.find(message.taskId);
      throw new UnsupportedOperationError('A task takes one message. Send the next one with its contextId alone.');
    }
    const task = new A2aTask(
      this.namesFor(message.contextId),
      this.call.owner,
      textOf(message.parts),
      message.messageId,
    );
    this.runs.begin(task, this.call, isWaitedFor);
    return task;
  }

  private namesFor(contextId: string): TaskNames {
    const { owner, names } = this.call;
    if (names.id !== undefined && this.runs.shelf.has(names.id)) throw new RequestMalformedError('The id is taken.');
    if (contextId !== '' && this.runs.shelf.inContext(contextId, owner).length === 0) {
      throw new RequestMalformedError('The context is unknown, or too old. Leave contextId out to begin a new one.');
    }
    return { id: names.id ?? randomUUID(), contextId: contextId || (names.contextId ?? randomUUID()) };
  }

  private find(id: string): A2aTask {
    const task = this.runs.shelf.find(id, this.call.owner);
    if (task === undefined) throw new TaskNotFoundError('There is no such task.');
    return task;
  }
}

const TOO_MANY = 'The agent works on as many tasks that nobody waits for as it may. Wait for one, or cancel one.';

function refuse(error: Error): Promise<never> {
  return Promise.reject(error);
}
