import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { nameOf, type Era, type Question } from './cell';
import type { Contender, RunningContender } from './contender';
import type { FirstByteSample } from './first-byte';
import type { CellSample } from './findings';
import type { LoadRun, LoadSample } from './load-run';
import type { StreamKind, StreamSample } from './open-streams';
import { ScriptChild } from './script-child';
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

  /** Puts load on a contender. @throws Error for a wrong answer */
  public async measureCell(contender: string, run: CellRun): Promise<CellSample> {
    const { size, form } = run.cell;
    await this.upstream.ask('answerLists', { size, form });
    await this.upstream.ask('taken');
    const { pids, target } = this.of(contender, run.cell);
    const sample = await this.ask<LoadSample>('load', { ...run, pids, target }, `${contender}, ${nameOf(run.cell)}`);
    const taken = await this.upstream.ask<Partial<Record<Era, number>>>('taken');
    return { ...sample, upstreamEras: Object.keys(taken) as Era[] };
  }

  public measureFirstByte(contender: string, question: Question): Promise<FirstByteSample> {
    return this.ask('firstByte', this.of(contender, question).target, `${contender}, first byte`);
  }

  public measureStreams(contender: string, kind: StreamKind, question: Question, count: number): Promise<StreamSample> {
    return this.ask(
      'openStreams',
      { kind, count, ...this.of(contender, question) },
      `${contender}, open streams ${kind}`,
    );
  }

  private async start(contender: Contender): Promise<void> {
    const folder = path.join(this.scripts.folder, `${this.name}-${contender.name.replaceAll(' ', '-')}`);
    mkdirSync(folder);
    const { upstreamPort, upstream } = this;
    this.running.set(contender.name, await contender.start({ upstreamPort, upstreamPid: upstream.pid, folder }));
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
