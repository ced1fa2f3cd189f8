import { setTimeout as sleep } from 'node:timers/promises';
import type { CallTree } from './call-tree.js';
import type { ProcessEntry, ProcessTable } from './process-table.js';
import type { StrayProcesses } from './stray-processes.js';

const RESCAN_MS = 5;
const PATIENCE_MS = 10_000;

/** Where processes of tools are found, and who is told of those that stay. */
export interface Reaping {
  readonly table: ProcessTable;
  readonly strays: StrayProcesses;
  /** Told of processes that could not be killed; of none by number if they could not even be listed. */
  onSurvivors(pids: readonly number[]): void;
}

/** Kills all processes of a tree. Never rejects: who could not be killed is told. */
export async function reapTree(host: Reaping, tree: CallTree): Promise<void> {
  try {
    const left = await reap(host.table, tree, host.strays);
    if (left.length > 0) host.onSurvivors(left.map(({ pid }) => pid));
  } catch {
    host.onSurvivors([]);
  }
}

/**
 * Kills all processes of a call, and strays with them, and looks again until two snapshots in a row show none: one alone may miss a process
 * that was forked while it was taken.
 *
 * @returns those that still run after 10 s; only a process that hangs in the kernel does
 */
export async function reap(
  table: ProcessTable,
  tree: CallTree,
  strays: StrayProcesses,
): Promise<readonly ProcessEntry[]> {
  const deadline = performance.now() + PATIENCE_MS;
  let clean = 0;
  let left: ProcessEntry[] = [];
  while (clean < 2 && performance.now() < deadline) {
    const snapshot = await table.snapshot();
    left = [...tree.update(snapshot), ...strays.of(snapshot)];
    clean = left.length === 0 ? clean + 1 : 0;
    if (left.length === 0) continue;
    kill(left);
    await sleep(RESCAN_MS);
  }
  return left;
}

/** By process group first: the kernel does that in one step, so that a process which forks all the time cannot escape. */
function kill(entries: readonly ProcessEntry[]): void {
  for (const groupId of new Set(entries.map((entry) => entry.groupId))) {
    if (groupId > 1) signal(-groupId);
  }
  for (const { pid } of entries) signal(pid);
}

function signal(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch (error) {
    // Ended meanwhile, or out of reach (another user's): the next snapshot tells which.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
