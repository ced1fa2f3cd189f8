import type { ProcessEntry } from './process-table.js';

/**
 * The processes of one call: its first one, all that descend from it, and those that left the tree by becoming a
 * daemon. They are recognised by having been seen as a descendant, by session or process group, or by their call id.
 */
export class CallTree {
  /** Start time by pid of every process ever seen; undefined until the first one is seen. */
  private readonly seen = new Map<number, string | undefined>();

  public constructor(
    private readonly rootPid: number,
    private readonly callId: string,
  ) {
    this.seen.set(rootPid, undefined);
  }

  /** Tells that the first process has ended: another one that gets its pid is none of the call's. */
  public rootEnded(): void {
    if (this.seen.get(this.rootPid) === undefined) this.seen.set(this.rootPid, 'ended');
  }

  /** Learns from a snapshot. @returns those of the call that run */
  public update(snapshot: readonly ProcessEntry[]): ProcessEntry[] {
    const running = new Map(snapshot.map((entry) => [entry.pid, entry]));
    let grew = true;
    while (grew) {
      grew = false;
      for (const entry of snapshot) {
        if (this.isSeen(entry) || entry.pid === process.pid || !this.belongs(entry, running)) continue;
        this.seen.set(entry.pid, entry.startTime);
        grew = true;
      }
    }
    return snapshot.filter((entry) => this.isSeen(entry));
  }

  private isSeen(entry: ProcessEntry): boolean {
    return this.seen.get(entry.pid) === entry.startTime;
  }

  private belongs(entry: ProcessEntry, running: ReadonlyMap<number, ProcessEntry>): boolean {
    const isUnseenRoot = this.seen.has(entry.pid) && this.seen.get(entry.pid) === undefined;
    if (isUnseenRoot || entry.callId === this.callId) return true;
    return [entry.parentPid, entry.groupId, entry.sessionId].some((pid) => {
      const leader = running.get(pid);
      // The kernel keeps a pid while a group or session is named by it, so an ended leader still speaks for them.
      return this.seen.has(pid) && (leader === undefined || this.isSeen(leader));
    });
  }
}
