import type { StreamResponse } from '@a2a-js/sdk';
import type { A2aTask } from './a2a-task.js';

/** Somebody who follows a task, from when this is made, until it has ended or the one who follows leaves. */
export class Following {
  private readonly waiting: StreamResponse[] = [];
  private readonly unfollow: () => void;
  private wake = (): void => undefined;

  /** @param signal aborted when the one who follows leaves */
  public constructor(
    private readonly task: A2aTask,
    private readonly signal: AbortSignal,
  ) {
    this.unfollow = task.follow((event) => {
      this.waiting.push(event);
      this.wake();
    });
    signal.addEventListener('abort', this.onAbort);
  }

  /** What happens. */
  public async *events(): AsyncGenerator<StreamResponse, void, undefined> {
    while (!this.signal.aborted) {
      yield* this.waiting.splice(0);
      if (this.waiting.length > 0) continue;
      if (this.task.hasEnded) return;
      if (!this.signal.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Resolves at its end. */
  public async untilEnd(): Promise<void> {
    const events = this.events();
    while ((await events.next()).done !== true);
    this.end();
  }

  /** Follows no more. */
  public end(): void {
    this.unfollow();
    this.signal.removeEventListener('abort', this.onAbort);
  }

  private readonly onAbort = (): void => this.wake();
}
