import { seccompFilter } from '../../src/kernel/seccomp-filter.js';
import { SYSTEM_CALLS, type SystemCalls } from '../../src/kernel/system-calls.js';

const ALLOWED = 0x7fff_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;

/** What a program sees of a system call: `struct seccomp_data`, 64 bytes. */
interface Seen {
  readonly number: number;
  readonly audit?: number;
  readonly arguments?: readonly bigint[];
}

/** Runs a program of classic BPF as the kernel does, for the operations that filters may use. */
function decide(program: Buffer, data: Buffer): number {
  let value = 0;
  for (let at = 0; at * 8 < program.length; at += 1) {
    const operation = program.readUInt16LE(at * 8);
    const [ifTrue, ifFalse] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)];
    const k = program.readUInt32LE(at * 8 + 4);
    const jump = (condition: boolean) => (at += condition ? ifTrue : ifFalse);
    if (operation === 0x20) value = data.readUInt32LE(k);
    else if (operation === 0x15) jump(value === k);
    else if (operation === 0x35) jump(value >= k);
    else if (operation === 0x45) jump((value & k) !== 0);
    else if (operation === 0x54) value = (value & k) >>> 0;
    else if (operation === 0x06) return k;
    else throw new Error(`operation ${operation} is not known`);
  }
  throw new Error('the program ends without a decision');
}

describe.each(Object.entries(SYSTEM_CALLS))('the filter of system calls on %s', (name, calls: SystemCalls) => {
  const decision = (seen: Seen, network = false): number => {
    const data = Buffer.alloc(64);
    data.writeUInt32LE(seen.number >>> 0, 0);
    data.writeUInt32LE(seen.audit ?? calls.audit, 4);
    seen.arguments?.forEach((value, i) => data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + 8 * i));
    return decide(seccompFilter(calls, { network }), data);
  };
  const { socket, socketpair, clone, clone3 } = calls.filtered;

  it('refuses what reaches other processes and the kernel, and allows the rest', () => {
    const denied = new Set(Object.values(calls.denied));
    const own = new Set(Object.values(calls.ownOnly).map((each) => each.number));
    for (let number = 0; number < 1024; number += 1) {
      if ([socket, socketpair, clone, clone3].includes(number) || own.has(number)) continue;
      expect([number, decision({ number })]).toEqual([number, denied.has(number) ? EPERM : ALLOWED]);
    }
    expect([...denied]).toHaveLength(Object.keys(calls.denied).length);
  });

  it.each([
    ...['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'pidfd_getfd', 'kcmp', 'bpf'],
    ...['perf_event_open', 'userfaultfd', 'keyctl', 'add_key', 'request_key', 'io_uring_setup', 'mount', 'umount2'],
    ...['move_mount', 'open_tree', 'fsopen', 'fsmount', 'mount_setattr', 'pivot_root', 'chroot', 'unshare', 'setns'],
    ...[
      'shmget',
      'shmat',
      'semget',
      'msgget',
      'mq_open',
      'init_module',
      'finit_module',
      'kexec_load',
      'open_by_handle_at',
      'reboot',
      'swapon',
      'acct',
      'syslog',
    ],
  ])('knows %s', (call) => {
    expect(calls.denied[call]).toEqual(expect.any(Number));
  });

  it('refuses all calls of another architecture, and those of x32', () => {
    expect(decision({ number: 1, audit: 0x4000_0003 })).toBe(EPERM);
    for (const number of [0x4000_0000, 0x4000_0001, 0x4000_0000 + socket, 0x7fff_ffff, 0xffff_ffff]) {
      expect(decision({ number })).toBe(EPERM);
    }
  });

  it('allows sockets of the machine alone', () => {
    for (let family = 0n; family < 64n; family += 1n) {
      const expected = family === 1n ? ALLOWED : EPERM;
      for (const number of [socket, socketpair]) expect(decision({ number, arguments: [family, 1n] })).toBe(expected);
    }
  });

  it('allows TCP and UDP beside them where the toolset has a network, and nothing below', () => {
    const network = (...given: bigint[]) => decision({ number: socket, arguments: given }, true);
    for (let family = 0n; family < 64n; family += 1n) {
      const isOpen = [1n, 2n, 10n].includes(family);
      expect([family, network(family, 1n)]).toEqual([family, isOpen ? ALLOWED : EPERM]);
    }
    for (const family of [2n, 10n]) {
      for (const [type, expected] of [
        [1n, ALLOWED],
        [2n, ALLOWED],
        [0o2004001n, ALLOWED],
        [3n, EPERM],
        [5n, EPERM],
        [0o2004003n, EPERM],
      ] as const) {
        expect([family, type, network(family, type)]).toEqual([family, type, expected]);
      }
    }
    expect(decision({ number: socketpair, arguments: [2n, 1n] }, true)).toBe(EPERM);
  });

  it('looks at as much of an argument as the kernel does', () => {
    expect(decision({ number: socket, arguments: [(1n << 32n) | 2n, 1n] })).toBe(EPERM);
    expect(decision({ number: clone, arguments: [(1n << 32n) | 17n] })).toBe(ALLOWED);
  });

  it('lets a process set limits and priorities of its own alone', () => {
    expect(Object.keys(calls.ownOnly)).toHaveLength(7);
    for (const { number, arguments: own } of Object.values(calls.ownOnly)) {
      const given = own.map(BigInt);
      expect(decision({ number, arguments: given })).toBe(ALLOWED);
      for (const [i] of own.entries()) {
        expect(decision({ number, arguments: given.with(i, given[i]! + 2n) })).toBe(EPERM);
      }
    }
  });

  it('lets processes and threads be made, in no namespace of their own', () => {
    const threads = 0x3d0f00n;
    for (const flags of [17n, threads, 0x4100n | 17n])
      expect(decision({ number: clone, arguments: [flags] })).toBe(ALLOWED);
    for (const flag of [0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n]) {
      expect(decision({ number: clone, arguments: [flag | 17n] })).toBe(EPERM);
    }
    // Its flags cannot be seen: C libraries use clone where it is missing.
    expect(decision({ number: clone3 })).toBe(ENOSYS);
  });

  it(`is small enough for the kernel: ${name}`, () => {
    expect(seccompFilter(calls, { network: true }).length / 8).toBeLessThan(4096);
  });
});
