import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessEntry, ProcessTable } from './process-table.js';

/** How often the processes of running calls are looked at. */
const INTERVAL_MS = 50;

/** Who wants to know what runs. */
export interface ProcessWatcher {
  /** Whether there is something to look for. One that is idle is told only of what is looked at for others. */
  readonly isIdle: boolean;
  onSnapshot(snapshot: readonly ProcessEntry[]): void;
  onFailure(error: Error): void;
}

/** Takes a snapshot every 50 ms for all running calls together, and none while no call runs. */
export class ProcessSampler {
  private readonly watchers = new Set<ProcessWatcher>();
  private isRunning = false;

  public constructor(private readonly table: ProcessTable) {}

  /** Passes snapshots on until it is stopped. @returns stops it */
  public watch(watcher: ProcessWatcher): () => void {
    this.watchers.add(watcher);
    this.wake();
    return () => void this.watchers.delete(watcher);
  }

  /** Tells that a watcher is no longer idle. */
  public wake(): void {
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    for (;;) {
      await sleep(INTERVAL_MS);
      if ([...this.watchers].every(({ isIdle }) => isIdle)) break;
      try {
        const snapshot = await this.table.snapshot();
        for (const watcher of this.watchers) watcher.onSnapshot(snapshot);
      } catch (error) {
        for (const watcher of this.watchers) watcher.onFailure(error as Error);
      }
    }
    this.isRunning = false;
  }
}
