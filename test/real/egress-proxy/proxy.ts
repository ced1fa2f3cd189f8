import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EgressProxyDocumentInput } from 'agentyard/contract';
import { linesOf, type Line } from './lines';
import type { Pod } from './network';
import { until } from './until';
import type { ProxyEnd, Workload } from './workload';

/** A user that no machine knows, in the group of root, as OpenShift runs containers. */
const ANY_USER = ['setpriv', '--reuid=54321', '--regid=0', '--clear-groups', '--no-new-privs', '--bounding-set=-all'];

/** Where the bundle and the Node.js that runs it stand. */
export interface Program {
  readonly node: string;
  readonly bundle: string;
}

/** A replica of the egress proxy: the supervisor's bundle in a pod, with a real Squid. */
export class Proxy {
  private child: ChildProcess | undefined;
  private lines: Line[] = [];
  private readonly document: string;
  private readonly work: string;

  public constructor(
    public readonly pod: Pod,
    private readonly index: number,
    folder: string,
    private readonly program: Program,
    private readonly observer: Workload,
  ) {
    const own = path.join(folder, pod.namespace);
    this.document = path.join(own, 'egress-proxy.json');
    this.work = path.join(own, 'work');
    mkdirSync(this.work, { recursive: true });
    chmodSync(this.work, 0o777);
  }

  /** The port that stands for a list. */
  public at(port: number): ProxyEnd {
    return { host: this.pod.address, port };
  }

  /** Lines that the supervisor has logged since it was started last. */
  public get log(): readonly Line[] {
    return this.lines;
  }

  /** Mounts a document, or a text that is none. */
  public mount(document: EgressProxyDocumentInput | string): void {
    writeFileSync(`${this.document}.new`, typeof document === 'string' ? document : JSON.stringify(document));
    renameSync(`${this.document}.new`, this.document);
  }

  /** Starts the supervisor, and waits until it is ready. */
  public async start(): Promise<void> {
    this.launch();
    await until(() => this.isReady());
  }

  /** Starts the supervisor. */
  public launch(): void {
    this.child = this.pod.start([...ANY_USER, this.program.node, this.program.bundle], {
      AGENTYARD_DOCUMENT: this.document,
      AGENTYARD_WORK_DIRECTORY: this.work,
      AGENTYARD_REPLICA_INDEX: String(this.index),
    });
    this.lines = linesOf(this.child);
  }

  /** Sends a signal to the supervisor. */
  public signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Whether Kubernetes would send it requests. */
  public async isReady(): Promise<boolean> {
    const { status } = await this.observer.request({ host: this.pod.address, port: 8080 }, '/readyz');
    return status === 200;
  }

  /** Waits for a line of the log. */
  public logged(match: Readonly<Record<string, unknown>>): Promise<Line> {
    return until(() => this.lines.find((line) => Object.entries(match).every(([key, value]) => line[key] === value)));
  }

  /** The exit code of the supervisor, when it has ended. */
  public exit(): Promise<number | null> {
    const child = this.child;
    if (child === undefined) throw new Error('it was not started');
    if (child.exitCode !== null) return Promise.resolve(child.exitCode);
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  /** Ends the supervisor and Squid, as the end of their container does. */
  public async end(): Promise<void> {
    if (this.child === undefined || this.child.exitCode !== null) return;
    const exit = this.exit();
    this.pod.end();
    await exit;
    for (const file of readdirSync('/dev/shm').filter((name) => name.startsWith(`agentyard${this.child?.pid}-`)))
      rmSync(`/dev/shm/${file}`);
  }

  /** Process id of the Squid that runs now. */
  public squid(): number {
    return this.lines.findLast(({ event }) => event === 'squid-started')?.pid as number;
  }

  /** Kills the process of Squid's that compares server names. */
  public async killHelper(): Promise<void> {
    const [helper] = childrenOf(this.squid());
    process.kill(Number(helper), 'SIGKILL');
    await until(() => !childrenOf(this.squid()).includes(helper ?? ''));
  }
}

function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((text) => text !== '');
}
