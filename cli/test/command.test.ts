import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gateway, workload } from './fixtures/manifests';
import { isAlive, Stage, stateAt, until } from './fixtures/stage';

const DEV = path.join(__dirname, 'fixtures', 'dev.mjs');
const PLATFORM = [
  ...gateway(),
  ...workload('agent', 'support', { document: {} }),
  ...workload('sandbox', 'log-analysis', { document: {} }),
];

/** `agentyard dev` as a process in a process group of its own, as a shell starts it. */
class DevProcess {
  public output = '';
  public errors = '';
  public readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;

  public constructor(stage: Stage, flags: readonly string[]) {
    const args = ['--', DEV, 'dev', stage.manifests, '--port', '0', ...flags];
    this.child = spawn(process.execPath, args, {
      detached: true,
      env: { ...process.env, TMPDIR: stage.root, NODE_OPTIONS: '' },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.exit = once(this.child, 'close').then(() => this.child.exitCode);
  }

  /** What Ctrl-C does: SIGINT to the process and its children. */
  public interrupt(): void {
    process.kill(-(this.child.pid ?? 0), 'SIGINT');
  }

  public kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends whatever is left of its process group. */
  public sweep(): void {
    try {
      process.kill(-(this.child.pid ?? 0), 'SIGKILL');
    } catch {
      // Nothing is left, as it should be.
    }
  }

  public async pids(): Promise<number[]> {
    await until(() => this.output.includes('Agentyard is ready'));
    const urls = [...this.output.matchAll(/^ {2}(?:gateway|agent|sandbox) .* (http:\S+)$/gm)].map(
      ([, url]) => url ?? '',
    );
    return Promise.all(urls.map(async (url) => (await stateAt(url)).pid));
  }
}

describe('agentyard dev', () => {
  let stage: Stage;
  let dev: DevProcess;
  const start = async (flags: readonly string[] = [], objects = PLATFORM) => {
    stage = await Stage.open(objects);
    dev = new DevProcess(stage, flags);
  };
  const leftovers = async () => (await readdir(stage.root)).filter((name) => name.startsWith('agentyard-dev-'));
  afterEach(async () => {
    dev.sweep();
    await stage.close();
  });

  it.each([
    ['Ctrl-C', () => dev.interrupt()],
    ['SIGTERM', () => dev.kill('SIGTERM')],
  ])('ends all on %s: no process and no file is left', async (_, end) => {
    await start();
    const pids = await dev.pids();
    expect(pids.filter(isAlive).length).toBe(3);
    end();
    expect(await dev.exit).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });

  it('kills at once on a second Ctrl-C', async () => {
    await start([], workload('agent', 'support', { document: {}, env: [{ name: 'STUBBORN', value: 'yes' }] }));
    const pids = await dev.pids();
    expect(pids.length).toBe(1);
    dev.interrupt();
    await until(() => dev.output.includes('ending; Ctrl-C again kills at once'));
    dev.interrupt();
    expect(await dev.exit).toBe(130);
    await until(() => !pids.some(isAlive));
    expect(await leftovers()).toEqual([]);
  });

  it('ends a start in progress on Ctrl-C', async () => {
    await start([], workload('agent', 'support', { document: {}, env: [{ name: 'READY', value: 'no' }] }));
    await until(() => dev.output.includes('listening'));
    dev.interrupt();
    expect(await dev.exit).toBe(0);
    expect(await leftovers()).toEqual([]);
  });

  it('shows the log lines short, as plain text outside a terminal', async () => {
    await start();
    await dev.pids();
    expect(dev.output).toMatch(/^support +\| \d\d:\d\d:\d\d info listening port=\d+$/m);
    expect(dev.output).not.toContain('\u001b');
  });

  it('asks one question, prints calls and answer, and ends', async () => {
    await start(['--quiet', '--ask', 'which errors?', '--once']);
    expect(await dev.exit).toBe(0);
    expect(dev.output).toMatch(
      /support:\n {2}tool log-analysis\/log_store \{"query":"error"\} done in 12 ms\n\nasked as which errors\?: which errors\?\n$/,
    );
    expect(dev.output).not.toContain('listening');
    expect(await leftovers()).toEqual([]);
  });

  it('ends with 1 and the problem when the question fails', async () => {
    await start(['--quiet', '--ask', 'fail', '--agent', 'support', '--once']);
    expect(await dev.exit).toBe(1);
    expect(dev.errors).toBe(
      'error: No pod of the agent is ready: support has none (agent-unavailable, request unknown)\n',
    );
  });

  it('ends with 1 and the faults when a document is refused', async () => {
    await start(
      [],
      [
        ...PLATFORM,
        ...workload('agent', 'broken', { document: { faults: [{ path: '$.model', message: 'must be there' }] } }),
      ],
    );
    expect(await dev.exit).toBe(1);
    expect(dev.errors).toBe('error: the agent broken refuses to start\n  $.model: must be there\n');
    expect(await leftovers()).toEqual([]);
  });

  it('prints the folder of the logs', async () => {
    await start(['--logs-dir']);
    await until(() => /^Logs: .*agentyard-dev-\w+\/logs$/m.test(dev.output));
    const directory = /^Logs: (.*)$/m.exec(dev.output)?.[1] ?? '';
    expect((await readdir(directory)).sort()).toEqual(['gateway.log', 'log-analysis.log', 'support.log']);
  });

  it.each([
    [['--once'], '--once needs --ask <question>'],
    [['--ask', 'x', '--agent', 'a', '--intent', 'b'], "'--agent <name>' cannot be used with option '--intent <text>'"],
    [['--mount', 'logs'], 'It must be <name>=<value>.'],
    [['--mount', 'a=b', '--mount', 'a=c'], '"a" is given twice.'],
    [['--replicas', 'support=many'], 'It must be a whole number from 1 to 20.'],
    [['--port', '70000'], 'It must be a whole number from 0 to 65535.'],
    [['--env-file', 'aws=/not/there'], 'error: --env-file: /not/there cannot be read'],
  ])('refuses %j', async (flags, message) => {
    await start(flags);
    expect(await dev.exit).toBe(1);
    expect(dev.errors).toContain(message);
  });

  it('gets --env-file, which Node.js would take for itself', async () => {
    stage = await Stage.open();
    const [firstLine = ''] = (await readFile(path.join(__dirname, '../src/main.ts'), 'utf8')).split('\n');
    const script = await stage.file('agentyard.mjs', `${firstLine}\nconsole.log(process.argv.slice(2).join(' '));\n`);
    await chmod(script, 0o755);
    const env = { ...process.env, NODE_OPTIONS: '', PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` };
    const { stdout } = await promisify(execFile)(script, ['dev', '--env-file', 'aws=/not/there'], { env });
    expect(stdout).toBe('dev --env-file aws=/not/there\n');
  });
});
