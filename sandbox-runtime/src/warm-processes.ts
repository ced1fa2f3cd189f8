import { setTimeout as sleep } from 'node:timers/promises';
import type { CallProcess } from './call-process.js';
import type { ChildModule } from './child-protocol.js';
import type { ProcessTable } from './process-table.js';

/** How long a process waits for a call at most: what its module saw when it was loaded is not much older than this. */
const MAX_AGE_MS = 60_000;

/**
 * How long no call has begun before more than one process is started in advance: several calls that come at once are answered first.
 */
const QUIET_MS = 20;

/** How long processes have to be halted until it is looked whether they are. */
const SETTLE_MS = 5;

/** How often a module may fail to be loaded in advance until that is left to its calls. */
const MOST_FAILURES = 3;

/** What the processes of a sandbox are started with, and how many there may be. */
export interface WarmProcessesOptions {
  /** Starts a process that loads a module. */
  start(module: ChildModule): Promise<CallProcess>;
  /** How many wait for a call at most. */
  readonly limit: number;
  /** How many there may be, with those that run a call. */
  readonly total: number;
  /** How many run a call, or have a place to do so. */
  readonly running: () => number;
  readonly table: ProcessTable;
}

/** A process that loads its module, or waits. */
interface Entry {
  readonly module: string;
  readonly starting: Promise<CallProcess>;
  /** As soon as there is one. */
  process?: CallProcess;
  readonly timer: NodeJS.Timeout;
}

/**
 * Processes that have loaded a module and wait, halted, for one call each. Those that wait and those that run are never
 * more than the calls that may run at once, so that memory for that many is enough.
 */
export class WarmProcesses {
  private entries: readonly Entry[] = [];
  /** Last called first. */
  private modules: readonly ChildModule[] = [];
  private isOpen = false;
  private isClosed = false;
  private readonly failures = new Map<string, number>();
  private readonly ending = new Set<Promise<void>>();
  /** When a call has begun last, on the clock of `performance.now()`. */
  private lastTaken = -Infinity;
  private quiet: NodeJS.Timeout | undefined;

  public constructor(private readonly options: WarmProcessesOptions) {}

  /**
   * From now on processes wait for calls, unless it has been closed.
   *
   * @param modules those of the tools
   */
  public open(modules: readonly ChildModule[]): void {
    if (this.isClosed) return;
    this.modules = modules;
    this.isOpen = true;
    this.fill();
  }

  /** A process for a call of a tool in this module, which has a place to run. Its caller ends it, and tells `refill`. */
  public async take(module: ChildModule): Promise<CallProcess> {
    this.lastTaken = performance.now();
    this.modules = [module, ...this.modules.filter((other) => other.module !== module.module)];
    const entry = this.entries.find((waiting) => waiting.module === module.module);
    if (entry !== undefined) {
      this.remove(entry);
      return entry.starting;
    }
    await this.makeRoom();
    return this.options.start(module);
  }

  /** Tells that a call's process and its place are gone: those that wait are looked at, and there may be room for more. */
  public async refill(): Promise<void> {
    await this.check();
    this.fill();
  }

  /** Ends those that wait. */
  public async close(): Promise<void> {
    this.isClosed = true;
    this.isOpen = false;
    clearTimeout(this.quiet);
    for (const entry of this.entries) void this.drop(entry);
    await Promise.all(this.ending);
  }

  /** Ends processes that wait until there are no more than there may be. */
  private async makeRoom(): Promise<void> {
    const { total, running } = this.options;
    while (this.entries.length + this.ending.size > 0 && this.entries.length + this.ending.size + running() > total) {
      const entry = this.entries.at(-1);
      await (entry === undefined ? Promise.race(this.ending) : this.drop(entry));
    }
  }

  private fill(): void {
    const { limit, total, running } = this.options;
    clearTimeout(this.quiet);
    const room = Math.min(limit, total - running() - this.ending.size);
    const leftMs = this.lastTaken + QUIET_MS - performance.now();
    const wanted = leftMs > 0 ? Math.min(1, room) : room;
    if (this.entries.length >= limit) this.makeWay();
    while (this.isOpen && this.entries.length < wanted) {
      const [next] = this.modulesByNeed();
      if (next === undefined) break;
      this.add(next);
    }
    if (this.isOpen && leftMs > 0) this.quiet = setTimeout(() => this.fill(), leftMs);
  }

  /** Ends a process of the module that was called longest ago if none waits for the one that was called last. */
  private makeWay(): void {
    const [last] = this.modules;
    if (last === undefined || this.entries.some(({ module }) => module === last.module)) return;
    if ((this.failures.get(last.module) ?? 0) >= MOST_FAILURES) return;
    const age = ({ module }: Entry): number => this.modules.findIndex((each) => each.module === module);
    const [oldest] = [...this.entries].sort((a, b) => age(b) - age(a));
    if (oldest !== undefined) void this.drop(oldest).then(() => this.fill());
  }

  /** First the module that was called last of those that the fewest processes wait for. */
  private modulesByNeed(): ChildModule[] {
    const waiting = (each: ChildModule) => this.entries.filter(({ module }) => module === each.module).length;
    const loadable = this.modules.filter(({ module }) => (this.failures.get(module) ?? 0) < MOST_FAILURES);
    return loadable.sort((a, b) => waiting(a) - waiting(b));
  }

  private add(module: ChildModule): void {
    const starting = this.options.start(module);
    const timer = setTimeout(() => void this.drop(entry).then(() => this.fill()), MAX_AGE_MS).unref();
    const entry: Entry = { module: module.module, starting, timer };
    this.entries = [...this.entries, entry];
    void this.warm(entry).catch(() => this.drop(entry));
  }

  /** A module that does not load, or not as one process, is loaded by each call, which says what is wrong. */
  private async warm(entry: Entry): Promise<void> {
    const process = await entry.starting;
    entry.process = process;
    if (await process.warm()) {
      this.failures.delete(entry.module);
      await process.finished;
      return this.drop(entry);
    }
    if (this.isOpen) this.failures.set(entry.module, (this.failures.get(entry.module) ?? 0) + 1);
    await this.drop(entry);
    this.fill();
  }

  /** A tool can have other processes of its user run on. */
  private async check(): Promise<void> {
    const waiting = this.entries.filter(({ process }) => process?.isWarm === true);
    if (waiting.length === 0) return;
    for (const { process } of waiting) process?.halt();
    await sleep(SETTLE_MS);
    const snapshot = await this.options.table.snapshot().catch(() => []);
    const harmful = waiting.filter(({ process }) => process?.isHarmless(snapshot) !== true);
    await Promise.all(harmful.map((entry) => this.drop(entry)));
  }

  private remove(entry: Entry): boolean {
    clearTimeout(entry.timer);
    const others = this.entries.filter((other) => other !== entry);
    const isThere = others.length < this.entries.length;
    this.entries = others;
    return isThere;
  }

  /** Ends a process that waits; one that was taken is its taker's. */
  private async drop(entry: Entry): Promise<void> {
    if (!this.remove(entry)) return;
    const ended = entry.starting.then((process) => process.end()).catch(() => undefined);
    this.ending.add(ended);
    await ended;
    this.ending.delete(ended);
  }
}
