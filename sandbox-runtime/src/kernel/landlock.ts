import { words, type LaunchPlan } from './launch-plan.js';
import type { LaunchCalls } from './system-calls.js';

/** Rights over files, linux/landlock.h. */
const FILES = {
  execute: 1 << 0,
  write: 1 << 1,
  read: 1 << 2,
  list: 1 << 3,
  removeFolder: 1 << 4,
  removeFile: 1 << 5,
  makeCharacterDevice: 1 << 6,
  makeFolder: 1 << 7,
  makeFile: 1 << 8,
  makeSocket: 1 << 9,
  makePipe: 1 << 10,
  makeBlockDevice: 1 << 11,
  makeLink: 1 << 12,
  refer: 1 << 13,
  truncate: 1 << 14,
  controlDevice: 1 << 15,
} as const;

const FIRST_RIGHTS = (1 << 13) - 1;
/** Rights that came later, by the version of the interface that has them first. */
const LATER_RIGHTS: readonly (readonly [version: number, right: number])[] = [
  [2, FILES.refer],
  [3, FILES.truncate],
  [5, FILES.controlDevice],
];

/** Version that knows rules for TCP, and all rights over it: to bind and to connect. */
const NETWORK_SINCE = 4;
const TCP = 0b11;
/** Version that keeps signals and abstract sockets inside of a domain. */
export const SCOPES_SINCE = 6;
const SCOPES = 0b11;

/** What may be done with files. */
export const ACCESS = {
  read: FILES.read | FILES.list,
  run: FILES.read | FILES.list | FILES.execute,
  /** Reading and writing what is there, such as a device. */
  use: FILES.read | FILES.write,
  /** All of a folder, but to run files of it and to make devices. */
  own:
    (FIRST_RIGHTS & ~(FILES.execute | FILES.makeCharacterDevice | FILES.makeBlockDevice)) |
    FILES.refer |
    FILES.truncate,
} as const;

const OF_FILES = FILES.execute | FILES.write | FILES.read | FILES.truncate | FILES.controlDevice;

/** A file or folder, with all that is in it, and what may be done there. */
export interface PathRule {
  /** Absolute path; one that is not there any more is left out. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly access: number;
}

/** What a process and those that it starts are held to. */
export interface LandlockRules {
  /** Version of the kernel's interface. */
  readonly version: number;
  readonly paths: readonly PathRule[];
  /** Whether TCP is allowed. */
  readonly network: boolean;
}

const RULE_PATH_BENEATH = 1;
const AT_FDCWD = -100;
/** O_PATH | O_CLOEXEC */
const OPEN_PATH = 0o12000000;
const O_CLOEXEC = 0o2000000;
/** Descriptor of the rules: above those of the pipes. */
const RULESET = 100;
const PARENT_AT = 8;
const RULE_BYTES = 16;

/** Adds to a plan what confines the launcher by Landlock, and with it the program that it becomes. */
export function planLandlock(plan: LaunchPlan, calls: LaunchCalls, { version, paths, network }: LandlockRules): void {
  const handled = LATER_RIGHTS.reduce((all, [since, right]) => (version >= since ? all | right : all), FIRST_RIGHTS);
  const attributes = words([
    handled,
    ...(version >= NETWORK_SINCE ? [network ? 0 : TCP] : []),
    ...(version >= SCOPES_SINCE ? [SCOPES] : []),
  ]);
  plan.call(calls.landlock_create_ruleset, [attributes, attributes.length, 0], { intoNext: 0 });
  plan.call(calls.dup3, [0, RULESET, O_CLOEXEC]);
  for (const { path, isFolder, access } of paths) {
    const rule = Buffer.alloc(RULE_BYTES);
    rule.writeBigUInt64LE(BigInt(access & handled & (isFolder ? ~0 : OF_FILES)));
    const address = plan.put(rule);
    // Without the path there is no descriptor, without a descriptor no rule: then nothing is opened.
    plan.call(calls.openat, [AT_FDCWD, path, OPEN_PATH, 0], { into: address + PARENT_AT, mayFail: true });
    plan.call(calls.landlock_add_rule, [RULESET, RULE_PATH_BENEATH, address, 0], { mayFail: true });
  }
  plan.call(calls.landlock_restrict_self, [RULESET, 0]);
}
