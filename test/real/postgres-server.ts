import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../keycloak/process';
import { onCleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';

const INSTALLED = '/usr/lib/postgresql';

/** A PostgreSQL of Debian, which is installed, with the user and the database `agentyard`. */
export class PostgresServer {
  public static async start(password: string): Promise<PostgresServer> {
    const directory = await temporaryDirectory();
    // It does not run as root.
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
    const user = { uid: uid!, gid: gid! };
    const passwordFile = path.join(directory, 'password');
    writeFileSync(passwordFile, password);
    for (const file of [directory, passwordFile]) chownSync(file, user.uid, user.gid);
    const bin = path.join(INSTALLED, readdirSync(INSTALLED).sort().at(-1)!, 'bin');
    const data = path.join(directory, 'data');
    const init = [
      '-D',
      data,
      '-U',
      'agentyard',
      '--pwfile',
      passwordFile,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--no-sync',
    ];
    execFileSync(path.join(bin, 'initdb'), init, { ...user, stdio: ['ignore', 'ignore', 'inherit'], cwd: directory });
    const port = await freePort();
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`, 'fsync=off'];
    const flags = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
    const child = spawn(path.join(bin, 'postgres'), flags, {
      ...user,
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const server = new PostgresServer(child, port);
    onCleanUp(() => server.stop());
    let log = '';
    for await (const chunk of child.stderr as AsyncIterable<Buffer>) {
      log += chunk.toString();
      if (log.includes('ready to accept connections')) break;
    }
    if (!log.includes('ready to accept connections')) throw new Error(`postgres: ${log}`);
    return server;
  }

  private constructor(
    private readonly child: ChildProcess,
    public readonly port: number,
  ) {}

  /** Holds all of its processes up, as if its machine were too busy. */
  public pause(): void {
    this.signal('SIGSTOP');
  }

  public resume(): void {
    this.signal('SIGCONT');
  }

  public async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.signal('SIGKILL');
    await ended;
  }

  /** Each of its processes has a group of its own. */
  private signal(name: NodeJS.Signals): void {
    const pid = String(this.child.pid);
    const { stdout } = spawnSync('pgrep', ['-P', pid], { encoding: 'utf8' });
    for (const one of [pid, ...stdout.split('\n').filter(Boolean)]) signalIfThere(Number(one), name);
  }
}

function signalIfThere(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
