import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { nameOf, operationOf, type Cell, type Era, type Operation, type Question } from './cell';
import type { Contender, RunningContender } from './contender';
import type { FirstByteSample } from './first-byte';
import type { CellSample } from './findings';
import type { LoadRun, LoadSample, WarmUpRun } from './load-run';
import { LEGACY, MODERN } from './mcp-message';
import type { StreamKind, StreamSample } from './open-streams';
import { ScriptChild } from '../processes/script-child';
import type { Scripts } from './scripts';

/** How one run on a cell goes. */
export type CellRun = Pick<LoadRun, 'cell' | 'leadMs' | 'measuredMs' | 'rate'>;

/** The bare upstream, the clients, and contenders between them: all of them processes that were started for it. */
export class Arena {
  private readonly running = new Map<string, RunningContender>();

  private constructor(
    private readonly scripts: Scripts,
    private readonly name: string,
    private readonly load: ScriptChild<true>,
    private readonly upstream: ScriptChild<number>,
    private readonly upstreamPort: number,
  ) {}

  public static async open(scripts: Scripts, name: string, contenders: readonly Contender[]): Promise<Arena> {
    const load = await ScriptChild.start<true>('load', scripts.fileOf('load-process'));
    const upstream = await ScriptChild.start<number>('upstream', scripts.fileOf('upstream-process'));
    const arena = new Arena(scripts, name, load.child, upstream.child, upstream.ready);
    for (const contender of contenders) await arena.start(contender);
    return arena;
  }

  /** Ends all processes. */
  public async close(): Promise<void> {
    for (const contender of this.running.values()) await contender.stop();
    await this.load.stop();
    await this.upstream.stop();
  }

  /** Puts load on a contender, until there are enough answers or for so long. @throws Error for a wrong answer */
  public async warmUp(contender: string, run: Omit<WarmUpRun, 'target'>): Promise<void> {
    await this.prepare(run.cell);
    const { target } = this.of(contender, run.cell);
    await this.ask('warmUp', { ...run, target }, `${contender}, warm-up ${nameOf(run.cell)}`);
  }

  /** Puts load on a contender. @throws Error for a wrong answer */
  public async measureCell(contender: string, run: CellRun): Promise<CellSample> {
    await this.prepare(run.cell);
    await this.upstream.ask('taken');
    const { pids, target } = this.of(contender, run.cell);
    const sample = await this.ask<LoadSample>('load', { ...run, pids, target }, `${contender}, ${nameOf(run.cell)}`);
    const taken = await this.upstream.ask<Partial<Record<Era, number>>>('taken');
    return { ...sample, upstreamEras: Object.keys(taken) as Era[] };
  }

  public measureFirstByte(contender: string, operation: Operation): Promise<FirstByteSample> {
    const { target } = this.of(contender, { ...operation, size: 'small', form: 'SSE' });
    return this.ask('firstByte', { target, operation }, `${contender}, first byte ${operationOf(operation)}`);
  }

  public measureStreams(contender: string, kind: StreamKind, count: number): Promise<StreamSample> {
    const era = kind === 'GET' ? LEGACY : MODERN;
    const { pids, target } = this.of(contender, { method: 'tools/call', era, size: 'small', form: 'SSE' });
    return this.ask('openStreams', { kind, count, pids, target }, `${contender}, open streams ${kind}`);
  }

  private async start(contender: Contender): Promise<void> {
    const folder = path.join(this.scripts.folder, `${this.name}-${contender.name.replaceAll(' ', '-')}`);
    mkdirSync(folder);
    const { upstreamPort, upstream } = this;
    this.running.set(contender.name, await contender.start({ upstreamPort, upstreamPid: upstream.pid, folder }));
  }

  /** Has the upstream answer as a cell says. */
  private prepare({ size, form }: Cell): Promise<void> {
    return this.upstream.ask('answerLists', { size, form });
  }

  private async ask<T>(question: string, argument: unknown, about: string): Promise<T> {
    try {
      return await this.load.ask<T>(question, argument);
    } catch (error) {
      throw new Error(`${about}: ${(error as Error).message}`, { cause: error });
    }
  }

  private of(contender: string, question: Question) {
    const running = this.running.get(contender)!;
    return { pids: running.pids, target: running.targetOf(question) };
  }
}
