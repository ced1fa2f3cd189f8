import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { CALL_VARIABLE, type ProcessEntry, type ProcessTable } from './process-table.js';

/** Key of the page size in the auxiliary vector, getauxval(3). */
const AT_PAGESZ = 6n;

/** Positions in `/proc/PID/stat` after the command's closing parenthesis, proc_pid_stat(5). */
const STAT = {
  state: 0,
  parentPid: 1,
  groupId: 2,
  sessionId: 3,
  threads: 17,
  startTime: 19,
  residentPages: 21,
} as const;

/** The process table of Linux, read from `/proc`. Reads synchronously: these files are memory, a pod has few of them. */
export class ProcfsTable implements ProcessTable {
  private readonly pageSize = pageSize();
  private callIds = new Map<string, string | undefined>();

  public snapshot(): Promise<readonly ProcessEntry[]> {
    const known = this.callIds;
    this.callIds = new Map();
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const entries = pids.map((pid) => this.entryOf(Number(pid), known));
    return Promise.resolve(entries.filter((entry) => entry !== undefined));
  }

  private entryOf(pid: number, known: ReadonlyMap<string, string | undefined>): ProcessEntry | undefined {
    const stat = readIfThere(`/proc/${pid}/stat`);
    if (stat === undefined) return undefined;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const number = (position: number) => Number(fields[position]);
    const hasEnded = fields[STAT.state] === 'X' || (fields[STAT.state] === 'Z' && number(STAT.threads) <= 1);
    if (hasEnded) return undefined;
    const startTime = fields[STAT.startTime] ?? '';
    return {
      pid,
      parentPid: number(STAT.parentPid),
      groupId: number(STAT.groupId),
      sessionId: number(STAT.sessionId),
      startTime,
      residentBytes: number(STAT.residentPages) * this.pageSize,
      isHalted: fields[STAT.state] === 'T',
      callId: this.callIdOf(pid, `${pid}:${startTime}`, known),
    };
  }

  private callIdOf(pid: number, key: string, known: ReadonlyMap<string, string | undefined>): string | undefined {
    if (known.has(key)) {
      this.callIds.set(key, known.get(key));
      return known.get(key);
    }
    const environment = readIfThere(`/proc/${pid}/environ`);
    const callId = environment
      ?.split('\0')
      .find((entry) => entry.startsWith(`${CALL_VARIABLE}=`))
      ?.slice(CALL_VARIABLE.length + 1);
    // Empty in the middle of an execve: looked at again next time.
    if (environment !== '') this.callIds.set(key, callId);
    return callId;
  }
}

/** A process may end, or belong to someone else: then there is nothing to read. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

function pageSize(): number {
  const vector = readFileSync('/proc/self/auxv');
  const read = (at: number) => (os.endianness() === 'LE' ? vector.readBigUInt64LE(at) : vector.readBigUInt64BE(at));
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (read(at) === AT_PAGESZ) return Number(read(at + 8));
  }
  throw new Error('the page size is missing in /proc/self/auxv');
}
