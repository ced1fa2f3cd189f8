import { execFile } from 'node:child_process';
import { CALL_VARIABLE, type ProcessEntry, type ProcessTable } from './process-table.js';

const COLUMNS = 'pid=,ppid=,pgid=,sess=,rss=,stat=,lstart=';
const LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(\S.*?)\s*$/;

interface Row extends Omit<ProcessEntry, 'callId'> {
  readonly key: string;
}

/** The process table of systems without procfs, asked from `ps`. */
export class PsTable implements ProcessTable {
  private callIds = new Map<string, string | undefined>();

  public constructor(private readonly platform: NodeJS.Platform) {}

  /** @throws Error when `ps` cannot be started */
  public async snapshot(): Promise<readonly ProcessEntry[]> {
    const rows = (await ps(['-A', '-o', COLUMNS]))
      .split('\n')
      .map(rowOf)
      .filter((row) => row !== undefined);
    // Children of the runtime are known by their pid, and `ps` itself is one of them.
    const strange = rows.filter((row) => !this.callIds.has(row.key) && row.parentPid !== process.pid);
    const found = strange.length === 0 ? new Map<number, string>() : await this.readCallIds(strange);
    const strangeKeys = new Set(strange.map(({ key }) => key));
    this.callIds = new Map(
      rows.map(({ key, pid }) => [key, strangeKeys.has(key) ? found.get(pid) : this.callIds.get(key)]),
    );
    return rows.map(({ key, ...row }) => ({ ...row, callId: this.callIds.get(key) }));
  }

  private async readCallIds(rows: readonly Row[]): Promise<Map<number, string>> {
    const pids = rows.map(({ pid }) => pid).join(',');
    const withEnvironment = this.platform === 'darwin' ? ['-E', '-ww'] : ['eww'];
    const text = await ps([...withEnvironment, '-o', 'pid=,command=', '-p', pids]);
    const found = new Map<number, string>();
    for (const line of text.split('\n')) {
      const pid = /^\s*(\d+)\s/.exec(line)?.[1];
      const at = line.lastIndexOf(` ${CALL_VARIABLE}=`);
      if (pid === undefined || at === -1) continue;
      const value = line.slice(at + CALL_VARIABLE.length + 2).split(' ', 1)[0];
      if (value !== undefined) found.set(Number(pid), value);
    }
    return found;
  }
}

function rowOf(line: string): Row | undefined {
  const [, pid, parentPid, groupId, session, kilobytes, state = '', startTime = ''] = LINE.exec(line) ?? [];
  const hasEnded = state.startsWith('Z') && !state.includes('l');
  if (pid === undefined || hasEnded) return undefined;
  return {
    pid: Number(pid),
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    // macOS does not tell the session; there the process group has to do.
    sessionId: Number(session) || Number(groupId),
    startTime,
    residentBytes: Number(kilobytes) * 1024,
    isHalted: state.startsWith('T'),
    key: `${pid}:${startTime}`,
  };
}

/** Runs `ps`. A process that has ended meanwhile makes it fail, and what it has printed counts nonetheless. */
async function ps(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const environment = { PATH: process.env.PATH, LC_ALL: 'C' };
    execFile('ps', args, { env: environment, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error(`ps: ${error.message}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
