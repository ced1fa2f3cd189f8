import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, freePort } from '../../gateway-runtime/test/fixture';
import { onCleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { isAsleep, socketsOf } from './process-sockets';

const DOCUMENTATION = path.join(__dirname, '../../docs/exposure.md');

/** What the documentation says of an nginx in front of a gateway. */
function documented(): string {
  const [, fragment] = /```nginx\n(.*?)```/s.exec(readFileSync(DOCUMENTATION, 'utf8')) ?? [];
  if (fragment === undefined) throw new Error(`${DOCUMENTATION} has no configuration of nginx`);
  return fragment;
}

/** An nginx of Debian, which is installed, with the configuration that the documentation shows. */
export class NginxServer {
  /**
   * @param replicas ports of the gateway's replicas
   * @param more directives beside those that are documented
   */
  public static async start(replicas: readonly number[], more = ''): Promise<NginxServer> {
    const server = new NginxServer(await temporaryDirectory(), await freePort(), more);
    await server.configure(replicas);
    server.run();
    onCleanUp(() => server.stop());
    await eventually(() => takesConnections(server.port));
    return server;
  }

  /** What it has written of what went wrong. */
  public readonly errors: string[] = [];
  private child: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    private readonly port: number,
    private readonly more: string,
  ) {}

  public get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /**
   * Sends requests to these replicas from now on; those on their way stay where they are. When it resolves, none is on
   * its way that is not sent on yet: workers of before take connections until they are told, some time after the new
   * ones have begun, and wait for the requests of those that they have taken.
   */
  public async use(replicas: readonly number[]): Promise<void> {
    await this.configure(replicas);
    const before = this.workers();
    this.child?.kill('SIGHUP');
    // Else the next change could come before this one.
    await eventually(() => this.workers().some((pid) => !before.includes(pid)));
    for (const pid of before) await eventually(() => this.hasSentOnAll(pid));
  }

  /** Whether a worker takes nothing any more, and has a connection to a replica for each that it has of a client. */
  private hasSentOnAll(pid: string): boolean {
    if (socketsOf(pid).some(({ state }) => state === 'LISTEN')) return false;
    // Only when it sleeps has it also closed what it kept for requests to come.
    if (!isAsleep(pid)) return false;
    const sockets = socketsOf(pid);
    const clients = sockets.filter(({ localPort }) => localPort === this.port);
    return sockets.length - clients.length >= clients.length;
  }

  private workers(): readonly string[] {
    const { pid } = this.child!;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
  }

  private async stop(): Promise<void> {
    if (this.child === undefined) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }

  private run(): void {
    const place = ['-p', this.directory, '-e', 'stderr', '-c', this.file];
    this.child = spawn('/usr/sbin/nginx', place, { stdio: ['ignore', 'ignore', 'pipe'] });
    createInterface({ input: this.child.stderr! }).on('line', (line) => this.errors.push(line));
  }

  private get file(): string {
    return path.join(this.directory, 'nginx.conf');
  }

  private async configure(replicas: readonly number[]): Promise<void> {
    const servers = replicas.map((port) => `server 127.0.0.1:${port};`).join(' ');
    const fragment = documented()
      .replace(/(?:\n *server [\d.]+:8080;.*)+/, `\n${servers}`)
      .replace(/listen .*;/, `listen 127.0.0.1:${this.port};`)
      .replace(/ssl_certificate.*;/g, '');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${path.join(this.directory, kind)};`,
    );
    const whole = `
      daemon off;
      worker_processes 1;
      pid ${path.join(this.directory, 'nginx.pid')};
      error_log stderr error;
      events {}
      # A worker that ends after a reload would close what clients keep, and cross with their next requests.
      http { access_log off; keepalive_timeout 0; ${temporary.join(' ')} ${this.more} ${fragment} }
    `;
    await writeFile(this.file, whole);
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
