import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../keycloak/process';
import { onCleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';

/** How a server of a test is reached beside its password. */
export interface RedisOptions {
  readonly password: string;
  readonly port?: number;
  /** Files of its certificate; then it takes encrypted connections alone. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A Redis of Debian, which is installed. */
export class RedisServer {
  public static async start({ password, port, tls }: RedisOptions): Promise<RedisServer> {
    const chosen = port ?? (await freePort());
    const directory = await temporaryDirectory();
    const listen = tls
      ? ['--port', '0', '--tls-port', String(chosen), '--tls-cert-file', tls.cert, '--tls-key-file', tls.key]
      : ['--port', String(chosen)];
    const more = tls ? ['--tls-auth-clients', 'no', '--tls-ca-cert-file', tls.cert] : [];
    const always = ['--bind', '127.0.0.1', '--save', '', '--dir', directory, '--requirepass', password];
    const child = spawn('/usr/bin/redis-server', [...listen, ...more, ...always], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const server = new RedisServer(child, chosen);
    onCleanUp(() => server.stop());
    let log = '';
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      log += chunk.toString();
      if (log.includes('Ready to accept connections')) break;
    }
    if (!log.includes('Ready to accept connections')) throw new Error(`redis-server: ${log}`);
    return server;
  }

  private constructor(
    private readonly child: ChildProcess,
    public readonly port: number,
  ) {}

  /** Holds it up, as if its machine were too busy. */
  public pause(): void {
    this.child.kill('SIGSTOP');
  }

  public resume(): void {
    this.child.kill('SIGCONT');
  }

  public async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
