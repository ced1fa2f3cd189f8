import { words, type LaunchPlan } from './launch-plan.js';
import { planLandlock, type LandlockRules } from './landlock.js';
import { seccompFilter } from './seccomp-filter.js';
import type { SystemCalls } from './system-calls.js';

const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const INSTRUCTION_BYTES = 8;

/** What of the kernel confines a process. */
export interface KernelRules {
  /** Whether system calls are filtered. */
  readonly seccomp: boolean;
  /** Absent where the kernel has no Landlock. */
  readonly landlock: LandlockRules | undefined;
  /** Whether sockets of TCP and UDP may be opened. */
  readonly network: boolean;
}

/** Adds to a plan what confines the launcher, and with it the program that it becomes. */
export function planConfinement(
  plan: LaunchPlan,
  calls: SystemCalls,
  { seccomp, landlock, network }: KernelRules,
): void {
  plan.call(calls.launch.prctl, [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]);
  if (landlock !== undefined) planLandlock(plan, calls.launch, landlock);
  if (!seccomp) return;
  const filter = seccompFilter(calls, { network });
  // struct sock_fprog: a length of 16 bits, and a pointer.
  const program = words([filter.length / INSTRUCTION_BYTES, plan.put(filter)]);
  plan.call(calls.launch.seccomp, [SECCOMP_SET_MODE_FILTER, 0, program]);
}
