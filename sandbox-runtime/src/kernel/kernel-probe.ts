import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { planConfinement } from './confine-plan.js';
import { LaunchPlan } from './launch-plan.js';
import { SCOPES_SINCE, type LandlockRules } from './landlock.js';
import type { SystemCalls } from './system-calls.js';

const STANDARD_OUTPUT = 1;
const RESULT_BYTES = 4;
/** A launcher that hangs is as good as none. */
const PATIENCE_MS = 5000;

const EPERM = -1;
const EACCES = -13;
const AT_FDCWD = -100;
const PR_GET_NO_NEW_PRIVS = 39;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const LANDLOCK_VERSION = 1;

/** What the kernel does, as it was tried. */
export interface KernelFindings {
  readonly noNewPrivileges: boolean;
  readonly seccomp: boolean;
  /** Version of Landlock's interface; 0 if it does not hold. */
  readonly landlockVersion: number;
  /** Whether Landlock keeps signals inside of a call. */
  readonly scopes: boolean;
}

export const NOTHING_FOUND: KernelFindings = {
  noNewPrivileges: false,
  seccomp: false,
  landlockVersion: 0,
  scopes: false,
};

/**
 * Tries each layer in processes of its own: that the kernel takes a rule does not say that it holds.
 *
 * @param program path of the launcher
 * @throws Error if the launcher cannot be run, or does not end as it should
 */
export async function probeKernel(program: string, calls: SystemCalls): Promise<KernelFindings> {
  const noNewPrivileges = await probeFilter(program, calls, false);
  const seccomp = await probeFilter(program, calls, true).catch(() => ({ filtered: false }));
  const version = await landlockVersion(program, calls);
  const landlock = version > 0 ? await probeLandlock(program, calls, version) : { holds: false, scopes: false };
  return {
    noNewPrivileges: noNewPrivileges.flag,
    seccomp: seccomp.filtered,
    landlockVersion: landlock.holds ? version : 0,
    scopes: landlock.scopes,
  };
}

/** A socket that every process may have, and no tool. */
async function probeFilter(program: string, calls: SystemCalls, seccomp: boolean) {
  const plan = new LaunchPlan();
  planConfinement(plan, calls, { seccomp, landlock: undefined, network: false });
  const [flag, socket] = await resultsOf(program, calls, plan, [
    [calls.launch.prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0],
    [calls.launch.socket, AF_NETLINK, SOCK_RAW, 0],
  ]);
  return { flag: flag === 1, filtered: socket === EPERM };
}

async function landlockVersion(program: string, calls: SystemCalls): Promise<number> {
  const asked = [[calls.launch.landlock_create_ruleset, 0, 0, LANDLOCK_VERSION]];
  const [version = 0] = await resultsOf(program, calls, new LaunchPlan(), asked);
  return Math.max(0, version);
}

/** With no rule but that nothing may be read, the root cannot be, and this process gets no signal. */
async function probeLandlock(program: string, calls: SystemCalls, version: number) {
  const plan = new LaunchPlan();
  const landlock: LandlockRules = { version, paths: [], network: false };
  planConfinement(plan, calls, { seccomp: false, landlock, network: false });
  const asked = [
    [calls.launch.openat, AT_FDCWD, plan.put(Buffer.from('/\0')), 0, 0],
    [calls.launch.kill, process.pid, 0],
  ];
  const [root, signal] = await resultsOf(program, calls, plan, asked).catch(() => []);
  return { holds: root === EACCES, scopes: version >= SCOPES_SINCE && signal === EPERM };
}

/** Makes calls that may fail after those of a plan. @returns what each returned */
async function resultsOf(
  program: string,
  calls: SystemCalls,
  plan: LaunchPlan,
  asked: readonly (readonly number[])[],
): Promise<number[]> {
  const bytes = asked.length * RESULT_BYTES;
  const address = plan.put(Buffer.alloc(bytes));
  asked.forEach(([number = 0, ...given], i) => {
    plan.call(number, given, { into: address + i * RESULT_BYTES, mayFail: true });
  });
  plan.call(calls.launch.write, [STANDARD_OUTPUT, address, bytes]).call(calls.launch.exit_group, [0]);
  const output = await run(program, plan.bytes());
  if (output.length !== bytes) throw new Error(`the launcher gave ${output.length} bytes instead of ${bytes}`);
  return asked.map((_, i) => output.readInt32LE(i * RESULT_BYTES));
}

async function run(program: string, plan: Buffer): Promise<Buffer> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'ignore'], signal, killSignal: 'SIGKILL' });
  const exited = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve();
      else reject(new Error(`the launcher ended with ${killedBy ?? `code ${code}`}`));
    });
  });
  child.stdin.on('error', () => {}).end(plan);
  const [output] = await Promise.all([read(child.stdout), exited]);
  return output;
}

async function read(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
