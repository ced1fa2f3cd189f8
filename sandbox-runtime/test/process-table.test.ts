import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../../runtime-kit/test/test-resources.js';
import { ProcfsTable } from '../src/procfs-table.js';
import { CALL_VARIABLE, type ProcessEntry, type ProcessTable } from '../src/process-table.js';
import { PsTable } from '../src/ps-table.js';

const hasPs = spawnSync('ps', ['-A', '-o', 'pid=']).status === 0;
const isLinux = process.platform === 'linux';

const TABLES: readonly (readonly [name: string, isThere: boolean, create: () => ProcessTable])[] = [
  ['procfs', isLinux, () => new ProcfsTable()],
  ['ps', hasPs, () => new PsTable(process.platform)],
];

for (const [name, isThere, create] of TABLES) {
  const title = isThere ? `the process table of ${name}` : `SKIPPED, this machine has no ${name}: its process table`;
  (isThere ? describe : describe.skip)(title, () => {
    const started: ChildProcess[] = [];

    /** A process of its own session that has a child; resolves when both run. */
    const startPair = async (id: string) => {
      const code = `const c = require('child_process').spawn(process.execPath, ['-e', 'console.log(process.pid);setInterval(()=>{},1e6)'], { stdio: ['ignore', 'inherit', 'inherit'] });`;
      const environment = { ...process.env, [CALL_VARIABLE]: id };
      const parent = spawn(process.execPath, ['-e', code], {
        detached: true,
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      started.push(parent);
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      return { parent: parent.pid ?? 0, child: Number(line.toString()) };
    };
    const find = (snapshot: readonly ProcessEntry[], pid: number) => snapshot.find((entry) => entry.pid === pid);

    afterEach(() => {
      for (const { pid } of started.splice(0)) {
        try {
          if (pid !== undefined) process.kill(-pid, 'SIGKILL');
        } catch {
          // It has ended in the test.
        }
      }
    });

    it('tells parent, group, session, memory and call id', async () => {
      const table = create();
      const { parent, child } = await startPair('call-1');
      const snapshot = await table.snapshot();
      expect(find(snapshot, parent)).toMatchObject({ parentPid: process.pid, groupId: parent, sessionId: parent });
      expect(find(snapshot, child)).toMatchObject({
        parentPid: parent,
        groupId: parent,
        sessionId: parent,
        callId: 'call-1',
      });
      const residentBytes = find(snapshot, child)?.residentBytes ?? 0;
      expect(residentBytes).toBeGreaterThan(10 * 1024 * 1024);
      expect(residentBytes).toBeLessThan(1024 * 1024 * 1024);
      expect(find(snapshot, process.pid)?.callId).toBeUndefined();
    });

    it('tells the same of a process each time', async () => {
      const table = create();
      const { child } = await startPair('call-2');
      const [first, second] = [find(await table.snapshot(), child), find(await table.snapshot(), child)];
      expect(second?.callId).toBe('call-2');
      expect(second?.startTime).toBe(first?.startTime);
    });

    it('tells whether a process is halted', async () => {
      const table = create();
      const { child } = await startPair('call-4');
      const isHalted = async () => find(await table.snapshot(), child)?.isHalted;
      expect(await isHalted()).toBe(false);
      process.kill(child, 'SIGSTOP');
      await eventually(async () => (await isHalted()) === true);
      process.kill(child, 'SIGCONT');
      await eventually(async () => (await isHalted()) === false);
    });

    it('does not list a process that has ended, also when nobody has collected it', async () => {
      const table = create();
      const { parent, child } = await startPair('call-3');
      process.kill(parent, 'SIGSTOP');
      process.kill(child, 'SIGKILL');
      let snapshot = await table.snapshot();
      while (find(snapshot, child) !== undefined) snapshot = await table.snapshot();
      expect(find(snapshot, parent)).toBeDefined();
    });
  });
}
