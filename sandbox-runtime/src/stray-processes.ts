import type { ProcessEntry } from './process-table.js';

/**
 * Processes that a tool started and nobody can be asked for: they left their session, cleared their environment and
 * lost their parent before they were seen. Only a runtime that is the first process of its container can tell, since
 * orphans become children of that one: whatever is its child, and was not started by it, is a stray.
 */
export class StrayProcesses {
  /** Ids of the calls that run, by the pid of their first process. */
  private readonly started = new Map<number, string>();

  /** @param init whether the runtime is the first process of its process namespace */
  public constructor(private readonly init: boolean) {}

  /** Tells that the runtime itself has started this process for a call. */
  public expect(pid: number, callId: string): void {
    this.started.set(pid, callId);
  }

  /** Tells that the process has ended. */
  public forget(pid: number): void {
    this.started.delete(pid);
  }

  /** Strays of a snapshot. What carries the id of a call that runs, or is in its session, is left to that call. */
  public of(snapshot: readonly ProcessEntry[]): ProcessEntry[] {
    if (!this.init) return [];
    const calls = new Set<string | undefined>(this.started.values());
    return snapshot.filter(
      ({ pid, parentPid, sessionId, callId }) =>
        parentPid === process.pid && !calls.has(callId) && !this.started.has(pid) && !this.started.has(sessionId),
    );
  }
}
