import { CallTree } from '../src/call-tree.js';
import type { ProcessEntry } from '../src/process-table.js';
import { StrayProcesses } from '../src/stray-processes.js';

const entry = (pid: number, rest: Partial<ProcessEntry> = {}): ProcessEntry => ({
  pid,
  parentPid: 1,
  groupId: pid,
  sessionId: pid,
  startTime: `start of ${pid}`,
  residentBytes: 0,
  isHalted: false,
  callId: undefined,
  ...rest,
});

const pidsOf = (entries: readonly ProcessEntry[]) => entries.map(({ pid }) => pid);

describe('the processes of a call', () => {
  const root = entry(100, { parentPid: process.pid });

  it('are the first one and all that descend from it, in whatever order they are listed', () => {
    const tree = new CallTree(100, 'id');
    expect(
      pidsOf(tree.update([entry(102, { parentPid: 101 }), entry(101, { parentPid: 100 }), root, entry(7)])),
    ).toEqual([102, 101, 100]);
  });

  it('include a daemon that was seen as a descendant before', () => {
    const tree = new CallTree(100, 'id');
    tree.update([root, entry(101, { parentPid: 100 })]);
    expect(pidsOf(tree.update([entry(101)]))).toEqual([101]);
  });

  it.each([
    ['session', entry(103, { sessionId: 100 })],
    ['process group', entry(103, { groupId: 100 })],
    ['call id', entry(103, { callId: 'id' })],
  ])('include an orphan that is known by its %s', (_, orphan) => {
    const tree = new CallTree(100, 'id');
    tree.update([root]);
    expect(pidsOf(tree.update([orphan]))).toEqual([103]);
  });

  it('do not include processes of another call', () => {
    expect(pidsOf(new CallTree(100, 'id').update([root, entry(200, { callId: 'other' })]))).toEqual([100]);
  });

  it('do not include one that got the pid of one that has ended, nor its children', () => {
    const tree = new CallTree(100, 'id');
    tree.update([root]);
    const stranger = entry(100, { startTime: 'later' });
    expect(tree.update([stranger, entry(300, { parentPid: 100, groupId: 100, sessionId: 100 })])).toEqual([]);
  });

  it('do not include a stranger with the pid of a first process that ended unseen', () => {
    const tree = new CallTree(100, 'id');
    tree.rootEnded();
    expect(tree.update([root])).toEqual([]);
  });
});

describe('strays', () => {
  const orphan = entry(500, { parentPid: process.pid });

  it('are the children of the first process that it has not started and that no call can be asked for', () => {
    const strays = new StrayProcesses(true);
    strays.expect(100, 'id');
    const snapshot = [
      orphan,
      entry(100, { parentPid: process.pid }),
      entry(501, { parentPid: process.pid, callId: 'id' }),
      entry(502, { parentPid: process.pid, sessionId: 100 }),
      entry(503, { parentPid: 0 }),
      entry(504, { parentPid: process.pid, callId: 'of no call' }),
    ];
    expect(pidsOf(strays.of(snapshot))).toEqual([500, 504]);
    strays.forget(100);
    expect(pidsOf(strays.of(snapshot))).toEqual([500, 100, 501, 502, 504]);
  });

  it('are not looked for on a machine that the runtime shares with others', () => {
    expect(new StrayProcesses(false).of([orphan])).toEqual([]);
  });
});
