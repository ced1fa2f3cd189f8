import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@agentyard/runtime-kit';
import type { ToolsetDocument } from 'agentyard/contract';
import { differences } from './declared-tools.js';
import type { ScratchFolders } from './scratch-folders.js';
import { ServerProcess, type ServerHost } from './server-process.js';
import { PeerGone, type RequestOptions } from './stdio-peer.js';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** A server that has run for this long has started well; its next end is the first one again. */
const STABLE_MS = 60_000;

/** A thousand differences help nobody. */
const MOST_PROBLEMS = 20;

const CHECKING = 'the tools of the server are being checked';

/** What a tool server works with. */
export interface ToolServerParts {
  readonly tools: ToolsetDocument['tools'];
  readonly host: ServerHost;
  readonly scratch: ScratchFolders;
  readonly log: Logger;
}

/**
 * A stdio MCP server that is kept running: whenever it ends it is started again, later each time it ends soon. Its tools can
 * be called while they are the declared ones.
 */
export class ToolServer {
  private found: readonly string[] = [CHECKING];
  private current: ServerProcess | undefined;
  /** The runs whose list is being looked at, and those whose list has changed since. */
  private readonly checking = new WeakSet<ServerProcess>();
  private readonly stale = new WeakSet<ServerProcess>();
  private readonly closing = new AbortController();
  private keeping: Promise<void> | undefined;

  public constructor(private readonly parts: ToolServerParts) {}

  /** Why no tool may be called; empty when all is well. */
  public get problems(): readonly string[] {
    return this.found;
  }

  /** Starts the server, and goes on to do so until it is closed. */
  public start(): void {
    this.keeping ??= this.keep();
  }

  /** Calls a tool. @throws as `StdioPeer.request`, PeerGone if no server runs */
  public async call(name: string, input: unknown, options: RequestOptions): Promise<unknown> {
    if (this.current === undefined) throw new PeerGone('the server does not run');
    return this.current.call(name, input, options);
  }

  /** Ends the server; resolves when all of it is gone. */
  public async close(): Promise<void> {
    this.closing.abort();
    await this.current?.end();
    await this.keeping;
  }

  private async keep(): Promise<void> {
    let failures = 0;
    while (!this.closing.signal.aborted) {
      const started = performance.now();
      await this.serve().catch((error: unknown) => {
        this.parts.log.error({ event: 'server-failed', err: error }, 'the server of the tools could not be started');
        this.report(['the server could not be started; it is started again']);
      });
      failures = performance.now() - started > STABLE_MS ? 1 : failures + 1;
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
      await sleep(delayMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** One run of the server. */
  private async serve(): Promise<void> {
    const { host, scratch } = this.parts;
    const folder = await scratch.create();
    let server: ServerProcess;
    try {
      server = new ServerProcess(host, folder, () => void this.check(server));
    } catch (error) {
      await folder.remove();
      throw error;
    }
    this.current = server;
    const refusal = await this.open(server);
    if (refusal === undefined) await server.finished;
    this.current = undefined;
    if (!this.closing.signal.aborted) {
      this.report([`the server ${server.reason ?? refusal ?? 'has ended'}; it is started again`]);
    }
    await server.end();
  }

  /** Opens the session and looks at the tools, in the time of a call. @returns why it is not to be kept */
  private async open(server: ServerProcess): Promise<string | undefined> {
    try {
      await server.initialize(this.deadline());
    } catch (error) {
      return `does not speak MCP: ${(error as Error).message}`;
    }
    await this.check(server);
    return undefined;
  }

  /** A list that changes while it is looked at is looked at again, once for all changes. */
  private async check(server: ServerProcess): Promise<void> {
    if (server !== this.current) return;
    this.found = [CHECKING];
    this.stale.add(server);
    if (this.checking.has(server)) return;
    this.checking.add(server);
    let problems: readonly string[] = [];
    while (this.stale.delete(server)) problems = await this.problemsOf(server);
    this.checking.delete(server);
    if (server === this.current) this.report(problems);
  }

  private async problemsOf(server: ServerProcess): Promise<readonly string[]> {
    try {
      return differences(this.parts.tools, await server.tools(this.deadline()));
    } catch (error) {
      return [`the tools of the server cannot be listed: ${(error as Error).message}`];
    }
  }

  private deadline(): AbortSignal {
    const { timeoutMs } = this.parts.host.limits;
    return AbortSignal.any([this.closing.signal, AbortSignal.timeout(timeoutMs)]);
  }

  private report(problems: readonly string[]): void {
    this.found = problems.slice(0, MOST_PROBLEMS);
    for (const problem of this.found) {
      this.parts.log.error({ event: 'server-mismatch', problem }, 'the toolset is not ready');
    }
  }
}
