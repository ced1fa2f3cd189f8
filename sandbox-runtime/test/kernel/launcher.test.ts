import { readFileSync, statSync } from 'node:fs';
import { LaunchPlan } from '../../src/kernel/launch-plan.js';
import { LAUNCH_FAILED, launcherImage, PLAN_BYTES } from '../../src/kernel/launcher-image.js';
import { planConfinement } from '../../src/kernel/confine-plan.js';
import { CALLS, LAUNCHER, resultsOf, runPlan } from './kernel-fixture.js';

const AT_FDCWD = -100;
const EBADF = -9;
const NO_DESCRIPTOR = 99;

describe('the launcher', () => {
  it('is shipped for both architectures, and may be run', () => {
    for (const architecture of ['x64', 'arm64'] as const) {
      const file = LAUNCHER.replace(process.arch, architecture);
      expect(readFileSync(file)).toEqual(launcherImage(architecture));
      expect(statSync(file).mode & 0o777).toBe(0o755);
    }
  });

  it('becomes the program of its arguments, with its environment and what follows the plan', () => {
    const { status, stdout } = runPlan(
      new LaunchPlan(),
      ['/bin/sh', '-c', 'echo "$GIVEN $1"; cat', 'sh', 'one'],
      'rest',
      {
        GIVEN: 'seen',
      },
    );
    expect([status, stdout.toString()]).toEqual([0, 'seen one\nrest']);
  });

  it('reads a plan that comes in many pieces', () => {
    const plan = new LaunchPlan();
    plan.put(Buffer.alloc(PLAN_BYTES / 2));
    expect(runPlan(plan, ['/bin/echo', 'read']).stdout.toString()).toBe('read\n');
  });

  it('refuses a plan that does not fit into its memory', () => {
    const plan = new LaunchPlan();
    plan.put(Buffer.alloc(PLAN_BYTES));
    expect(() => plan.bytes()).toThrow(RangeError);
  });

  it('runs nothing when a call fails that must not', () => {
    const plan = new LaunchPlan().call(CALLS.launch.write, [NO_DESCRIPTOR, 0, 0]);
    const { status, stdout } = runPlan(plan, ['/bin/echo', 'run']);
    expect([status, stdout.toString()]).toEqual([LAUNCH_FAILED, '']);
  });

  it('runs nothing when there is no plan, half a plan, or no such program', () => {
    const plan = new LaunchPlan();
    plan.bytes = () => Buffer.alloc(0);
    expect(runPlan(plan, ['/bin/echo', 'run']).status).toBe(LAUNCH_FAILED);
    const half = new LaunchPlan().bytes().subarray(0, 40);
    plan.bytes = () => half;
    expect(runPlan(plan, ['/bin/echo', 'run']).status).toBe(LAUNCH_FAILED);
    expect(runPlan(new LaunchPlan(), ['/no/such/program']).status).toBe(LAUNCH_FAILED);
  });

  it('goes on after a call that may fail, and gives results to the next call', () => {
    const { openat, dup3, write } = CALLS.launch;
    const plan = new LaunchPlan()
      .call(write, [NO_DESCRIPTOR, 0, 0], { mayFail: true })
      .call(openat, [AT_FDCWD, '/dev/null', 1, 0], { intoNext: 0 })
      .call(dup3, [0, 50, 0]);
    const text = Buffer.from('text');
    expect(
      resultsOf(plan, [
        [write, 50, text, text.length],
        [write, NO_DESCRIPTOR, text, 1],
      ]),
    ).toEqual([4, EBADF]);
  });

  it('passes no privileges on', () => {
    const plan = new LaunchPlan();
    planConfinement(plan, CALLS, { seccomp: true, landlock: undefined, network: false });
    const status = runPlan(plan, ['/bin/cat', '/proc/self/status']).stdout.toString();
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    expect(status).toMatch(/^Seccomp:\s2$/m);
  });
});
