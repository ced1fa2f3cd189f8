import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { findJava } from './java';

/** What is set for every Keycloak. The cache is local: nothing listens but on loopback. */
const OPTIONS = [
  ...['--http-enabled=true', '--http-host=127.0.0.1', '--http-management-host=127.0.0.1'],
  ...['--hostname-strict=false', '--cache=local'],
];
const MACHINE = [
  ...['-Xms64m', '-Xmx512m', '-XX:MaxMetaspaceSize=256m', '-XX:+ExitOnOutOfMemoryError', '-XX:TieredStopAtLevel=1'],
  ...['java.util', 'java.util.concurrent', 'java.security', 'java.lang'].map(
    (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
  ),
  '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
  '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
  '-Dpicocli.disable.closures=true',
];
const ENTRY = 'io.quarkus.bootstrap.runner.QuarkusEntryPoint';
const LONGEST_START_MS = 240_000;

type Environment = Readonly<Record<string, string>>;

interface ServeOptions {
  readonly options?: readonly string[];
  readonly environment: Environment;
}

/** A process that runs Keycloak from a home folder. It is Java itself: `kc.sh` would find another home. */
export class KeycloakProcess {
  /** Runs a command of Keycloak to its end. @throws Error with its output if it fails */
  public static async run(home: string, command: readonly string[], environment: Environment = {}): Promise<void> {
    const program = new KeycloakProcess(home, command, environment);
    const end = await program.ended;
    if (end !== '0') throw new Error(`kc ${command[0]} fails (${end}):\n${program.log.join('\n')}`);
  }

  /** Starts a server on loopback, and waits until it is ready. @throws Error with its log if it ends */
  public static async serve(
    home: string,
    port: number,
    { options = [], environment }: ServeOptions,
  ): Promise<KeycloakProcess> {
    const ports = [`--http-port=${port}`, `--http-management-port=${await freePort()}`];
    const command = ['start', '--optimized', ...OPTIONS, ...ports, ...options];
    const server = new KeycloakProcess(home, command, environment, `http://127.0.0.1:${port}`);
    await server.ready();
    return server;
  }

  private readonly log: string[] = [];
  private readonly child: ChildProcess;
  private readonly ended: Promise<string>;

  private constructor(
    home: string,
    command: readonly string[],
    environment: Environment,
    public readonly url = '',
  ) {
    const place = [`-Dkc.home.dir=${home}`, `-Djboss.server.config.dir=${home}/conf`];
    const main = ['-cp', `${home}/lib/quarkus-run.jar`, ENTRY];
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    this.child = spawn(findJava(), [...MACHINE, ...place, ...main, ...command], { cwd: home, env, stdio: [...stdio] });
    this.ended = once(this.child, 'exit').then(([code, signal]) => String(code ?? signal));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream! }).on('line', (line) => this.log.push(line));
    }
    process.once('exit', () => this.child.kill('SIGKILL'));
  }

  /** Ends it. */
  public async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }

  /** Until it has imported its realms, it answers 503. */
  private async ready(): Promise<void> {
    const end = Date.now() + LONGEST_START_MS;
    const probe = () => fetch(`${this.url}/realms/master`).catch(() => undefined);
    while ((await probe())?.status !== 200) {
      const ended = await Promise.race([this.ended, sleep(200)]);
      if (ended !== undefined) throw new Error(`Keycloak does not start (${ended}):\n${this.log.join('\n')}`);
      if (Date.now() < end) continue;
      await this.stop();
      throw new Error(`Keycloak is not ready in time:\n${this.log.join('\n')}`);
    }
  }
}

/** A port of loopback that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
