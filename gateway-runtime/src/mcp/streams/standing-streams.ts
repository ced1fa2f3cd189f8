import type { Departing } from '@agentyard/runtime-kit';

/** A stream that is open until its client leaves, or this replica ends. */
export interface StandingStream {
  /** Aborted at its end. */
  readonly signal: AbortSignal;
  /** Resolves at its end. */
  readonly ended: Promise<void>;
  /** Says that it has ended. */
  close(): void;
}

/** Streams that nobody waits for: they end when this replica is to end, so that their clients go to another one. */
export class StandingStreams {
  private readonly open = new Set<AbortController>();
  private isEnding = false;

  /** @param client aborted when the client leaves */
  public signalFor(client: Departing): StandingStream {
    const controller = new AbortController();
    const end = (): void => controller.abort();
    const ended = new Promise<void>((resolve) =>
      controller.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    this.open.add(controller);
    if (client.aborted || this.isEnding) end();
    else client.addEventListener('abort', end, { once: true });
    const close = (): void => {
      this.open.delete(controller);
      client.removeEventListener('abort', end);
      end();
    };
    return { signal: controller.signal, ended, close };
  }

  /** Ends all, and those that are opened later. */
  public endAll(): void {
    this.isEnding = true;
    for (const controller of this.open) controller.abort();
  }
}
