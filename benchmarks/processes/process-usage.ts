import { readFileSync } from 'node:fs';

/** What processes have used so far. */
export interface ProcessUsage {
  readonly cpuMicroseconds: number;
  readonly megabytes: number;
}

/** Linux counts in these, whatever its own clock does (USER_HZ). */
const TICK_MICROSECONDS = 10_000;

/** The CPU time, all threads, and the resident memory of processes together. */
export function usageOf(pids: readonly number[]): ProcessUsage {
  const each = pids.map((pid) => ({ cpu: ticksOf(pid), kilobytes: residentKilobytesOf(pid) }));
  return {
    cpuMicroseconds: each.reduce((sum, { cpu }) => sum + cpu, 0) * TICK_MICROSECONDS,
    megabytes: each.reduce((sum, { kilobytes }) => sum + kilobytes, 0) / 1024,
  };
}

/** proc(5): `utime` and `stime`, the 14th and 15th field; the second one may have blanks. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function residentKilobytesOf(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}
