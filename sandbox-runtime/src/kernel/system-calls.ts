import type { LauncherArchitecture } from './launcher-image.js';

/** Numbers of the system calls that a launcher makes. */
export interface LaunchCalls {
  readonly dup3: number;
  readonly exit_group: number;
  readonly kill: number;
  readonly landlock_add_rule: number;
  readonly landlock_create_ruleset: number;
  readonly landlock_restrict_self: number;
  readonly openat: number;
  readonly prctl: number;
  readonly seccomp: number;
  readonly socket: number;
  readonly write: number;
}

/** System calls that a filter looks at the arguments of. */
export interface FilteredCalls {
  readonly clone: number;
  readonly clone3: number;
  readonly socket: number;
  readonly socketpair: number;
}

/** A system call that is allowed with these arguments. */
export interface OwnOnly {
  readonly number: number;
  readonly arguments: readonly number[];
}

/** The system calls of an architecture. */
export interface SystemCalls {
  /** AUDIT_ARCH_*, linux/audit.h. */
  readonly audit: number;
  readonly launch: LaunchCalls;
  readonly filtered: FilteredCalls;
  /** What a tool may do to itself alone: the arguments that say so, from the first on. */
  readonly ownOnly: Readonly<Record<string, OwnOnly>>;
  /** What no tool may call. */
  readonly denied: Readonly<Record<string, number>>;
}

/** `which` of setpriority(2) and ioprio_set(2) for one process; a pid of 0 is the caller. */
const PRIO_PROCESS = 0;
const IOPRIO_WHO_PROCESS = 1;
const SELF = 0;

/** Those that have had one number on every architecture since Linux 5.1. */
const COMMON_LAUNCH = { landlock_create_ruleset: 444, landlock_add_rule: 445, landlock_restrict_self: 446 } as const;

const COMMON_DENIED = {
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_getfd: 438,
  process_madvise: 440,
  mount_setattr: 442,
  quotactl_fd: 443,
  process_mrelease: 448,
  open_tree_attr: 467,
} as const;

/** From arch/x86/entry/syscalls/syscall_64.tbl. */
const X64: SystemCalls = {
  audit: 0xc000_003e,
  launch: {
    ...COMMON_LAUNCH,
    ...{ write: 1, socket: 41, kill: 62, prctl: 157, exit_group: 231, openat: 257, dup3: 292, seccomp: 317 },
  },
  filtered: { clone: 56, clone3: 435, socket: 41, socketpair: 53 },
  ownOnly: {
    setpriority: { number: 141, arguments: [PRIO_PROCESS, SELF] },
    sched_setparam: { number: 142, arguments: [SELF] },
    sched_setscheduler: { number: 144, arguments: [SELF] },
    sched_setaffinity: { number: 203, arguments: [SELF] },
    ioprio_set: { number: 251, arguments: [IOPRIO_WHO_PROCESS, SELF] },
    prlimit64: { number: 302, arguments: [SELF] },
    sched_setattr: { number: 314, arguments: [SELF] },
  },
  denied: {
    ...COMMON_DENIED,
    // Memory, messages and semaphores that outlive their processes.
    ...{ shmget: 29, shmat: 30, semget: 64, msgget: 68, mq_open: 240 },
    ...{ ptrace: 101, syslog: 103, uselib: 134, personality: 135, vhangup: 153, modify_ldt: 154, pivot_root: 155 },
    ...{
      adjtimex: 159,
      chroot: 161,
      acct: 163,
      settimeofday: 164,
      mount: 165,
      umount2: 166,
      swapon: 167,
      swapoff: 168,
    },
    ...{ reboot: 169, sethostname: 170, setdomainname: 171, iopl: 172, ioperm: 173, create_module: 174 },
    ...{ init_module: 175, delete_module: 176, quotactl: 179, nfsservctl: 180, lookup_dcookie: 212 },
    ...{ clock_settime: 227, kexec_load: 246, add_key: 248, request_key: 249, keyctl: 250, migrate_pages: 256 },
    ...{ unshare: 272, move_pages: 279, perf_event_open: 298, fanotify_init: 300, name_to_handle_at: 303 },
    ...{ open_by_handle_at: 304, clock_adjtime: 305, setns: 308, process_vm_readv: 310, process_vm_writev: 311 },
    ...{ kcmp: 312, finit_module: 313, kexec_file_load: 320, bpf: 321, userfaultfd: 323 },
  },
};

/** From include/uapi/asm-generic/unistd.h. */
const ARM64: SystemCalls = {
  audit: 0xc000_00b7,
  launch: {
    ...COMMON_LAUNCH,
    ...{ dup3: 24, openat: 56, write: 64, exit_group: 94, kill: 129, prctl: 167, socket: 198, seccomp: 277 },
  },
  filtered: { clone: 220, clone3: 435, socket: 198, socketpair: 199 },
  ownOnly: {
    ioprio_set: { number: 30, arguments: [IOPRIO_WHO_PROCESS, SELF] },
    sched_setparam: { number: 118, arguments: [SELF] },
    sched_setscheduler: { number: 119, arguments: [SELF] },
    sched_setaffinity: { number: 122, arguments: [SELF] },
    setpriority: { number: 140, arguments: [PRIO_PROCESS, SELF] },
    prlimit64: { number: 261, arguments: [SELF] },
    sched_setattr: { number: 274, arguments: [SELF] },
  },
  denied: {
    ...COMMON_DENIED,
    // Memory, messages and semaphores that outlive their processes.
    ...{ mq_open: 180, msgget: 186, semget: 190, shmget: 194, shmat: 196 },
    ...{ lookup_dcookie: 18, umount2: 39, mount: 40, pivot_root: 41, nfsservctl: 42, chroot: 51, vhangup: 58 },
    ...{ quotactl: 60, acct: 89, personality: 92, unshare: 97, kexec_load: 104, init_module: 105, delete_module: 106 },
    ...{ clock_settime: 112, syslog: 116, ptrace: 117, reboot: 142, sethostname: 161, setdomainname: 162 },
    ...{ settimeofday: 170, adjtimex: 171, add_key: 217, request_key: 218, keyctl: 219, swapon: 224, swapoff: 225 },
    ...{ migrate_pages: 238, move_pages: 239, perf_event_open: 241, fanotify_init: 262, name_to_handle_at: 264 },
    ...{ open_by_handle_at: 265, clock_adjtime: 266, setns: 268, process_vm_readv: 270, process_vm_writev: 271 },
    ...{ kcmp: 272, finit_module: 273, bpf: 280, userfaultfd: 282, kexec_file_load: 294 },
  },
};

/** The system calls of each architecture that there is a launcher for. */
export const SYSTEM_CALLS: Readonly<Record<LauncherArchitecture, SystemCalls>> = { x64: X64, arm64: ARM64 };
