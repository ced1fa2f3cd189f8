import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import manifest from '../package.json' with { type: 'json' };
import type { CallHost } from './call-process.js';
import { CallTree } from './call-tree.js';
import type { ListedTool } from './declared-tools.js';
import { reapTree } from './process-reaper.js';
import type { ProcessEntry } from './process-table.js';
import type { ScratchFolder } from './scratch-folders.js';
import { StdioPeer, type RequestOptions } from './stdio-peer.js';

/** The revision that is asked for; a server may answer with one that it knows instead. */
const REVISION = '2025-11-25';
/** How many pages a list of tools may have. */
const MOST_PAGES = 100;
/** Beside the result a message has its frame, and results that are too large are refused one by one. */
const FRAME_BYTES = 1024 * 1024;
/** How long a server may take to end by itself after its input has ended. */
const END_PATIENCE_MS = 2000;

/** What a server is started with. */
export interface ServerHost extends Omit<CallHost, 'confinement' | 'launcher'> {
  readonly command: readonly string[];
  /** Its variables. */
  environment(folder: ScratchFolder): Readonly<Record<string, string>>;
}

/** One run of a stdio MCP server: from its start until it and all that it started are gone. */
export class ServerProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly peer: StdioPeer;
  private readonly tree: CallTree | undefined;
  private readonly unwatch: () => void;
  private inFlight = 0;
  private why: string | undefined;
  private ending: Promise<void> | undefined;
  private finish: () => void = () => {};
  /** Resolves when it has ended, or can no longer be used. */
  public readonly finished = new Promise<void>((resolve) => (this.finish = resolve));

  /**
   * Starts it.
   *
   * @param folder the one that is its working directory; removed with it
   * @param onToolsChanged told when it says that it has other tools now
   */
  public constructor(
    private readonly host: ServerHost,
    private readonly folder: ScratchFolder,
    onToolsChanged: () => void,
  ) {
    const [program = '', ...args] = host.command;
    const env = host.environment(folder);
    this.child = spawn(program, args, { cwd: folder.path, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.once('error', (error: NodeJS.ErrnoException) => {
      this.stop(`could not be started (${error.code ?? 'unknown reason'})`);
    });
    this.child.once('exit', (code, killedBy) => {
      this.stop(killedBy === null ? `exited with code ${code}` : `was ended by ${killedBy}`);
    });
    // What it says there may be what users wrote: it is read, so that it does not wait, and not kept.
    this.child.stderr.resume();
    this.peer = new StdioPeer(this.child.stdin, this.child.stdout, 2 * host.limits.outputBytes + FRAME_BYTES, {
      onNotification: (method) => {
        if (method === 'notifications/tools/list_changed') onToolsChanged();
      },
      onBroken: (reason) => this.stop(`was stopped: ${reason}`),
    });
    this.tree = this.treeOf();
    this.unwatch = this.watch();
  }

  /** Why it has ended; absent while it has not. */
  public get reason(): string | undefined {
    return this.why;
  }

  /** Opens the session that all callers share. @throws as `StdioPeer.request` */
  public async initialize(signal: AbortSignal): Promise<void> {
    const clientInfo = { name: 'agentyard-sandbox', version: manifest.version };
    const params = { protocolVersion: REVISION, capabilities: {}, clientInfo };
    await this.peer.request('initialize', params, { signal });
    this.peer.notify('notifications/initialized');
  }

  /** All tools that it has. @throws as `StdioPeer.request` */
  public async tools(signal: AbortSignal): Promise<ListedTool[]> {
    const found: ListedTool[] = [];
    let cursor: unknown;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      const list = (await this.peer.request('tools/list', params, { signal })) as Partial<
        Record<string, unknown>
      > | null;
      if (Array.isArray(list?.tools)) found.push(...(list.tools as ListedTool[]));
      cursor = list?.nextCursor;
      if (typeof cursor !== 'string') return found;
    }
    throw new Error(`its list of tools has more than ${MOST_PAGES} pages`);
  }

  /** Calls a tool. @throws as `StdioPeer.request` */
  public async call(name: string, input: unknown, options: RequestOptions): Promise<unknown> {
    this.inFlight += 1;
    this.host.sampler.wake();
    try {
      return await this.peer.request('tools/call', { name, arguments: input }, options);
    } finally {
      this.inFlight -= 1;
    }
  }

  /** Lets it end by itself, and kills what is left of it after 2 seconds. */
  public end(): Promise<void> {
    return (this.ending ??= this.tearDown());
  }

  private stop(reason: string): void {
    this.why ??= reason;
    this.peer.end(`the server ${this.why}`);
    this.finish();
  }

  private treeOf(): CallTree | undefined {
    const { pid } = this.child;
    if (pid === undefined) return undefined;
    const tree = new CallTree(pid, this.folder.id);
    this.host.strays.expect(pid, this.folder.id);
    this.child.once('exit', () => {
      tree.rootEnded();
      this.host.strays.forget(pid);
    });
    return tree;
  }

  /** While it has nothing to do, it is not looked at. */
  private watch(): () => void {
    const isIdle = () => this.inFlight === 0;
    return this.host.sampler.watch({
      get isIdle() {
        return isIdle();
      },
      onSnapshot: (snapshot) => this.checkTree(this.tree?.update(snapshot) ?? []),
      onFailure: () => this.stop('was stopped: its processes could not be watched'),
    });
  }

  private checkTree(running: readonly ProcessEntry[]): void {
    const { memoryBytes, maxProcesses } = this.host.limits;
    const residentBytes = running.reduce((sum, entry) => sum + entry.residentBytes, 0);
    if (running.length > maxProcesses) this.stop(`was stopped: it had more than ${maxProcesses} processes`);
    if (residentBytes > memoryBytes) this.stop(`was stopped: it used more than ${memoryBytes} bytes of memory`);
  }

  private async tearDown(): Promise<void> {
    this.child.stdin.end();
    if (this.why === undefined) await Promise.race([this.finished, sleep(END_PATIENCE_MS, undefined, { ref: false })]);
    this.unwatch();
    this.stop('was stopped');
    if (this.tree !== undefined) await reapTree(this.host, this.tree);
    for (const stream of this.child.stdio) stream?.destroy();
    await this.folder.remove().catch((error: unknown) => this.host.onFolderLeft(error));
  }
}
