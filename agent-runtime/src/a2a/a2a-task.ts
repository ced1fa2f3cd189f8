import { randomUUID } from 'node:crypto';
import { Role, TaskState, type Artifact, type Message, type StreamResponse, type Task } from '@a2a-js/sdk';
import type { HttpProblem } from '@agentyard/runtime-kit';
import { RUN_METADATA, type InvokeResponse, type StreamEvent } from 'agentyard/contract';

/** By what a task is known. */
export interface TaskNames {
  readonly id: string;
  readonly contextId: string;
}

/** An agent's answer is its one artifact. */
const ARTIFACT_ID = 'answer';

type Metadata = Readonly<Record<string, unknown>>;
type Part = Message['parts'][number];

/** One request of A2A that the agent works on, or has worked on. Whoever follows it is told of what happens. */
export class A2aTask {
  public output = '';
  /** When it ended, in milliseconds of `performance.now()`; absent while it runs. */
  public endedAt: number | undefined;
  private state = TaskState.TASK_STATE_WORKING;
  private timestamp = new Date().toISOString();
  private note: string | undefined;
  private metadata: Metadata | undefined;
  private turnHasText = false;
  /** Whether the answer is a value, too. */
  private hasValue = false;
  private readonly followers = new Set<(event: StreamResponse) => void>();
  private readonly aborter = new AbortController();
  private stopNote: string | undefined;

  /** @param owner who may know of it */
  public constructor(
    public readonly names: TaskNames,
    public readonly owner: string,
    public readonly input: string,
    private readonly messageId: string,
  ) {}

  /** Aborted when its run is to end. */
  public get signal(): AbortSignal {
    return this.aborter.signal;
  }

  public get hasEnded(): boolean {
    return this.endedAt !== undefined;
  }

  public get isCanceled(): boolean {
    return this.state === TaskState.TASK_STATE_CANCELED;
  }

  public get isCompleted(): boolean {
    return this.state === TaskState.TASK_STATE_COMPLETED;
  }

  /** Whether somebody waits for it. */
  public get isFollowed(): boolean {
    return this.followers.size > 0;
  }

  /** Characters that it holds. */
  public get size(): number {
    return this.input.length + this.output.length;
  }

  /** Ends its run, as canceled. @param note why, for its owner */
  public cancel(note?: string): void {
    if (this.hasEnded || this.aborter.signal.aborted) return;
    this.stopNote = note;
    this.aborter.abort(new DOMException('The task was canceled.', 'AbortError'));
  }

  /** Takes what its run has come to, but for its end. */
  public take(event: StreamEvent): void {
    if (event.type === 'turn-started') this.turnHasText = false;
    else if (event.type === 'text-delta') this.say(event.text);
    else if (event.type === 'tool-started') this.work(`Calls ${event.toolset}/${event.tool}.`);
  }

  /** Ends it with the agent's answer. An answer that a limit has cut is not complete, and says so. */
  public complete({ requestId, structuredOutput, stopReason, turns, usage }: InvokeResponse): void {
    const state = stopReason === 'completed' ? TaskState.TASK_STATE_COMPLETED : TaskState.TASK_STATE_FAILED;
    const note = stopReason === 'completed' ? undefined : `The answer is not complete: ${stopReason}.`;
    this.hasValue = structuredOutput !== undefined;
    const last = this.hasValue ? dataPart(this.output) : textPart('');
    if (this.output !== '') this.tell(this.artifactUpdate([last], true, true));
    this.end(state, note, { requestId, stopReason, turns, usage });
  }

  /** Ends it with a problem. */
  public fail(problem: HttpProblem, requestId: string, usage: InvokeResponse['usage']): void {
    const { title, detail, code } = problem.toProblem(requestId);
    const note = [title, detail].filter(Boolean).join(': ');
    this.end(TaskState.TASK_STATE_FAILED, note, { requestId, problem: code, usage });
  }

  /** Ends it, since its run was stopped. */
  public stop(requestId: string, usage: InvokeResponse['usage']): void {
    this.end(TaskState.TASK_STATE_CANCELED, this.stopNote, { requestId, usage });
  }

  /** Tells `follower` of what happens from now on. @returns ends that */
  public follow(follower: (event: StreamResponse) => void): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  /** What there is of it. @param historyLength most messages; absent: all */
  public snapshot(historyLength?: number): Task {
    const { id, contextId } = this.names;
    return {
      id,
      contextId,
      status: this.status(),
      artifacts: this.output === '' ? [] : [this.artifact(this.parts())],
      history: historyLength === 0 ? [] : [this.message(Role.ROLE_USER, this.input, this.messageId)],
      metadata: this.metadata,
    };
  }

  /** What is said after a tool was called comes in place of what was said before. */
  private say(text: string): void {
    const { turnHasText: append } = this;
    this.turnHasText = true;
    this.output = append ? this.output + text : text;
    this.tell(this.artifactUpdate([textPart(text)], append, false));
  }

  private work(note: string): void {
    this.note = note;
    this.tellStatus();
  }

  private end(state: TaskState, note: string | undefined, figures: Metadata): void {
    if (this.hasEnded) return;
    this.state = state;
    this.note = note;
    this.metadata = { [RUN_METADATA]: figures };
    this.endedAt = performance.now();
    this.tellStatus();
    this.followers.clear();
  }

  private tellStatus(): void {
    this.timestamp = new Date().toISOString();
    const { id: taskId, contextId } = this.names;
    this.tell({
      payload: { $case: 'statusUpdate', value: { taskId, contextId, status: this.status(), metadata: this.metadata } },
    });
  }

  private tell(event: StreamResponse): void {
    for (const follower of this.followers) follower(event);
  }

  private status(): Task['status'] {
    const { state, note, timestamp } = this;
    return { state, message: note === undefined ? undefined : this.message(Role.ROLE_AGENT, note), timestamp };
  }

  private parts(): Part[] {
    const text = textPart(this.output);
    return this.hasValue ? [text, dataPart(this.output)] : [text];
  }

  /** @param parts at least one, even if all of it was sent before (A2A 1.0, 4.1.7) */
  private artifactUpdate(parts: Part[], append: boolean, lastChunk: boolean): StreamResponse {
    const { id: taskId, contextId } = this.names;
    const value = { taskId, contextId, artifact: this.artifact(parts), append, lastChunk, metadata: undefined };
    return { payload: { $case: 'artifactUpdate', value } };
  }

  private artifact(parts: Part[]): Artifact {
    return {
      artifactId: ARTIFACT_ID,
      name: 'Answer',
      description: '',
      parts,
      metadata: undefined,
      extensions: [],
    };
  }

  private message(role: Role, text: string, messageId: string = randomUUID()): Message {
    const { id: taskId, contextId } = this.names;
    const parts = [textPart(text)];
    return { messageId, contextId, taskId, role, parts, metadata: undefined, extensions: [], referenceTaskIds: [] };
  }
}

function dataPart(json: string): Part {
  const value: unknown = JSON.parse(json);
  return { content: { $case: 'data', value }, metadata: undefined, filename: '', mediaType: 'application/json' };
}

function textPart(value: string): Part {
  return { content: { $case: 'text', value }, metadata: undefined, filename: '', mediaType: 'text/plain' };
}
