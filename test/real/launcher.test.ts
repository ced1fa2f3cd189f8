import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { cleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { LaunchPlan } from '../../sandbox-runtime/src/kernel/launch-plan';
import { LAUNCH_FAILED, launcherAssembly, launcherImage } from '../../sandbox-runtime/src/kernel/launcher-image';
import { SYSTEM_CALLS } from '../../sandbox-runtime/src/kernel/system-calls';
import { installPackages } from './debian-packages';

const LAUNCHER = path.join(__dirname, '../../sandbox-runtime/dist/launcher-arm64');
const AT_FDCWD = -100;
const NO_DESCRIPTOR = 99;

beforeAll(() => installPackages('llvm', 'qemu-user-static'), 300_000);
afterEach(cleanUp);

describe('the launcher of tool processes', () => {
  it.each([
    ['x64', 'x86_64'],
    ['arm64', 'aarch64'],
  ] as const)('is what an assembler makes of its text: %s', async (architecture, target) => {
    const folder = await temporaryDirectory();
    const [object, code] = [path.join(folder, 'object'), path.join(folder, 'code')];
    const input = launcherAssembly(architecture);
    spawnSync('llvm-mc', [`-triple=${target}-linux-gnu`, '-filetype=obj', '-o', object], { input });
    spawnSync('llvm-objcopy', ['-O', 'binary', '--only-section=.text', object, code]);
    const bytes = await readFile(code);
    expect(launcherImage(architecture).subarray(-bytes.length)).toEqual(bytes);
    expect(bytes.length).toBeGreaterThan(150);
  });

  it('makes calls and becomes a program on arm64 too', () => {
    const { openat, dup3, write, exit_group: exit } = SYSTEM_CALLS.arm64.launch;
    const text = Buffer.from('text');
    const plan = new LaunchPlan()
      .call(write, [NO_DESCRIPTOR, 0, 0], { mayFail: true })
      .call(openat, [AT_FDCWD, '/dev/null', 1, 0], { intoNext: 0 })
      .call(dup3, [0, 50, 0])
      .call(write, [50, text, text.length])
      .call(write, [1, text, text.length]);
    const emulate = (input: Buffer, program: string[] = []) =>
      spawnSync('qemu-aarch64-static', [LAUNCHER, ...program], { input });
    expect(emulate(plan.bytes(), ['/bin/echo', 'run']).stdout.toString()).toBe('textrun\n');
    expect(emulate(plan.call(exit, [7]).bytes()).status).toBe(7);
    expect(emulate(new LaunchPlan().call(write, [NO_DESCRIPTOR, 0, 0]).bytes(), ['/bin/echo']).status).toBe(
      LAUNCH_FAILED,
    );
    expect(emulate(Buffer.alloc(0), ['/bin/echo']).status).toBe(LAUNCH_FAILED);
  });
});
