import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { GatewayDocumentInput } from 'agentyard/contract';
import type { HostMap, LocalOverlay } from '@agentyard/runtime-kit';
import { freePort } from '../../gateway-runtime/test/fixture';
import { provideIdentity } from '../../gateway-runtime/test/identity-files';
import { onCleanUp, replaceFile, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { RUNTIMES } from '../e2e/local-program';

const MOUNT = '/etc/agentyard';
const DOCUMENT = 'gateway.json';

/** Where the replicas of a test's gateway are to each other. */
export const PEERS = { host: 'gateway-peers', port: 9_300 };

/** A line of a gateway's log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface GatewayFilesOptions {
  readonly document: GatewayDocumentInput;
  readonly hosts?: HostMap;
  /** API keys, by the names of their files. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** What is mounted into all replicas of one gateway, and where each of them is. */
export class GatewayFiles {
  public static async write({ document, hosts = {}, keys = {} }: GatewayFilesOptions): Promise<GatewayFiles> {
    const files = new GatewayFiles(await temporaryDirectory(), hosts);
    await provideIdentity(files.directory, document);
    await mkdir(path.join(files.directory, 'keys'));
    for (const [name, text] of Object.entries(keys)) await writeFile(path.join(files.directory, 'keys', name), text);
    await files.writeDocument(JSON.stringify(document));
    await files.writeHosts({});
    return files;
  }

  /** Ports at which the replicas are there for each other. */
  private readonly peerPorts: number[] = [];

  private constructor(
    private readonly directory: string,
    private readonly hosts: HostMap,
  ) {}

  /** Replaces the document of all replicas by a text that may be none. */
  public writeDocument(text: string): Promise<void> {
    return replaceFile(path.join(this.directory, DOCUMENT), text);
  }

  /** Writes where Services are; the replicas are among them. */
  public writeHosts(more: HostMap): Promise<void> {
    const peers = { [`${PEERS.host}:${PEERS.port}`]: this.peerPorts.map((port) => `127.0.0.1:${port}`) };
    return replaceFile(this.hostsFile, JSON.stringify({ ...this.hosts, ...peers, ...more }));
  }

  /** A place for one more replica. */
  public async addReplica(): Promise<GatewayPlace> {
    const [port, peerPort] = [await freePort(), await freePort()];
    this.peerPorts.push(peerPort);
    await this.writeHosts({});
    const overlay: LocalOverlay = {
      listen: { host: '127.0.0.1', port },
      peerPort,
      mounts: { [MOUNT]: this.directory },
      hostsFile: this.hostsFile,
    };
    const file = path.join(this.directory, `overlay-${port}.json`);
    await writeFile(file, JSON.stringify(overlay));
    return { port, peerPort, overlay: file };
  }

  private get hostsFile(): string {
    return path.join(this.directory, 'hosts.json');
  }
}

/** Where a replica listens, again when it is started anew. */
export interface GatewayPlace {
  readonly port: number;
  readonly peerPort: number;
  /** File of its overlay. */
  readonly overlay: string;
}

export interface GatewayProcessOptions {
  /** Of Node.js. */
  readonly flags?: readonly string[];
  /** Takes the lines of its log. @default - they are kept */
  readonly onLine?: (line: LogLine) => void;
}

/** A replica of a gateway: a process of the bundle that is shipped. */
export class GatewayProcess {
  /** Starts it, and waits until it listens. @throws Error if it ends before */
  public static async start(place: GatewayPlace, options: GatewayProcessOptions = {}): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(place, options);
    onCleanUp(() => gateway.kill());
    await gateway.listening();
    return gateway;
  }

  /** What it has written, if nobody else takes it. */
  public readonly lines: LogLine[] = [];
  /** What it has written that is no line of a log, such as what Node.js says of its inspector. */
  public words = '';
  private readonly onLine: (line: LogLine) => void;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private isListening: () => void = () => undefined;

  private constructor(
    public readonly place: GatewayPlace,
    { flags = [], onLine = (line) => void this.lines.push(line) }: GatewayProcessOptions,
  ) {
    this.onLine = onLine;
    this.child = spawn(process.execPath, [...flags, RUNTIMES.gateway], {
      env: { PATH: process.env.PATH, AGENTYARD_LOCAL: place.overlay },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // All that it has written is read by then, also of one that was killed.
    this.ended = once(this.child, 'close');
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream! }).on('line', (text) => this.take(text));
    }
  }

  public get url(): string {
    return `http://127.0.0.1:${this.place.port}`;
  }

  public get pid(): number {
    return this.child.pid!;
  }

  public get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Whether it has written something of a request. */
  public served(id: unknown): boolean {
    return this.lines.some(({ requestId }) => requestId === id);
  }

  /** Ends it at once, as a machine does that fails. */
  public async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Ends it as the kubelet does. @returns its exit code */
  public async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    await this.ended;
    return this.child.exitCode;
  }

  private take(text: string): void {
    if (!text.startsWith('{')) return void (this.words += `${text}\n`);
    const line = JSON.parse(text) as LogLine;
    if (line.event === 'listening') this.isListening();
    this.onLine(line);
  }

  private async listening(): Promise<void> {
    await Promise.race([new Promise<void>((resolve) => (this.isListening = resolve)), this.ended]);
    if (!this.isRunning) throw new Error(`the gateway does not start: ${this.words}${JSON.stringify(this.lines)}`);
  }
}
