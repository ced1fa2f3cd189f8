import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerCheck } from './answer-check';
import { Deferred } from '../processes/deferred';
import { HttpConnection } from './http-connection';
import { RepeatedRequest, type Target } from './http-request';
import { Latency } from './latency';
import { usageOf } from '../processes/process-usage';
import { questionMessage } from './question-message';
import type { Sessions } from './sessions';
import type { Cell, Form } from './cell';

/** Load on one target. */
interface AnyLoad {
  readonly cell: Cell;
  readonly target: Target;
}

/** Load that nothing is measured of: until there are enough answers, or for so long. */
export interface WarmUpRun extends AnyLoad {
  readonly enoughAnswers: number;
  /** In milliseconds; longer until each connection could have an answer. */
  readonly mostMs: number;
}

/** Load that is measured, all of it in milliseconds. */
export interface LoadRun extends AnyLoad {
  /** Processes whose CPU time and memory count. */
  readonly pids: readonly number[];
  /** Time before the measurement in which the load is on already; longer until each connection could have an answer. */
  readonly leadMs: number;
  /** Time of the measurement; longer until there are enough answers. */
  readonly measuredMs: number;
  /** Requests per second. @default - each connection sends the next one as soon as it has the answer */
  readonly rate?: number;
}

/** What one run found. */
export interface LoadSample {
  readonly requestsPerSecond: number;
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly megabytes: number;
  /** How the answers were sent. */
  readonly forms: readonly Form[];
}

/** How long answers may take. */
const ANSWER_MS = 20_000;

/** How many answers on each connection a measurement takes at least. */
const LEAST_ANSWERS = 3;

/** Sends requests on several connections, and checks each answer. @throws WrongAnswerError */
export async function runLoad(run: LoadRun, sessions: Sessions): Promise<LoadSample> {
  const load = await Load.open(run, sessions);
  try {
    return await load.measure(run);
  } finally {
    load.close();
  }
}

/** Sends requests as {@link runLoad} does, for the sake of the programs alone. @throws WrongAnswerError */
export async function warmUp(run: WarmUpRun, sessions: Sessions): Promise<void> {
  const load = await Load.open(run, sessions);
  try {
    await load.warmUp(run);
  } finally {
    load.close();
  }
}

class Load {
  private readonly check: AnswerCheck;
  private readonly clients: LoadClient[] = [];
  private readonly failed = new Deferred<never>();
  private latency: Latency | undefined;
  private schedule: Schedule | undefined;
  private answered = 0;
  private ending = false;

  private constructor({ cell }: AnyLoad) {
    this.check = new AnswerCheck(cell);
  }

  public static async open(run: AnyLoad, sessions: Sessions): Promise<Load> {
    const load = new Load(run);
    const targets = await sessions.targetsFor(run.target, run.cell.era, run.cell.connections);
    for (const target of targets) {
      const connection = await HttpConnection.open(target.port, load.failed.reject);
      const request = new RepeatedRequest((id) => questionMessage(run.cell, id), target);
      load.clients.push(new LoadClient(connection, request, load.check, (client, ms) => load.onAnswer(client, ms)));
    }
    return load;
  }

  public async measure(run: LoadRun): Promise<LoadSample> {
    this.start(run.rate);
    await this.keepOn(run.leadMs, run.cell.connections);
    const before = usageOf(run.pids);
    const started = performance.now();
    const latency = (this.latency = new Latency());
    await this.keepOn(run.measuredMs, LEAST_ANSWERS * run.cell.connections);
    const seconds = (performance.now() - started) / 1000;
    const after = usageOf(run.pids);
    this.latency = undefined;
    const requestsPerSecond = latency.count / seconds;
    const cpuMicroseconds = (after.cpuMicroseconds - before.cpuMicroseconds) / latency.count;
    for (const waited of this.schedule?.stop() ?? []) latency.add(waited);
    await this.lastAnswers();
    const { forms } = this.check;
    return { requestsPerSecond, cpuMicroseconds, ...latency.percentiles(), megabytes: after.megabytes, forms };
  }

  public async warmUp({ cell, enoughAnswers, mostMs }: WarmUpRun): Promise<void> {
    this.start();
    const until = performance.now() + mostMs;
    await this.keepOn(0, cell.connections);
    while (this.answered < enoughAnswers && performance.now() < until) await this.unlessFailed(sleep(10));
    await this.lastAnswers();
  }

  public close(): void {
    this.schedule?.stop();
    for (const client of this.clients) client.close();
  }

  private start(rate?: number): void {
    if (rate === undefined) for (const client of this.clients) client.ask();
    else this.schedule = new Schedule(rate, this.clients);
  }

  private onAnswer(client: LoadClient, milliseconds: number): void {
    this.latency?.add(milliseconds);
    this.answered += 1;
    if (this.ending) return;
    if (this.schedule === undefined) client.ask();
    else this.schedule.onFree(client);
  }

  /** Lets the load go on for some time, and longer until so many answers are there: those of many connections come in waves. */
  private async keepOn(milliseconds: number, answers: number): Promise<void> {
    const enough = this.answered + answers;
    const until = performance.now() + ANSWER_MS;
    await this.unlessFailed(sleep(milliseconds));
    while (this.answered < enough) {
      if (performance.now() > until) throw new Error(`less than ${answers} answers within ${ANSWER_MS} ms`);
      await this.unlessFailed(sleep(10));
    }
  }

  private async lastAnswers(): Promise<void> {
    this.ending = true;
    const until = performance.now() + ANSWER_MS;
    while (this.clients.some(({ isWaiting }) => isWaiting)) {
      if (performance.now() > until) throw new Error(`no answer within ${ANSWER_MS} ms`);
      await this.unlessFailed(sleep(1));
    }
  }

  private unlessFailed(work: Promise<void>): Promise<void> {
    return Promise.race([work, this.failed.promise]);
  }
}

/** One connection of a load. */
class LoadClient {
  public isWaiting = false;

  public constructor(
    private readonly connection: HttpConnection,
    private readonly request: RepeatedRequest,
    private readonly check: AnswerCheck,
    private readonly onAnswer: (client: LoadClient, milliseconds: number) => void,
  ) {}

  /** @param since when the request was due, in milliseconds of `performance.now()` */
  public ask(since = performance.now()): void {
    this.isWaiting = true;
    this.request.advance();
    this.connection.send(this.request.bytes, (answer) => {
      const milliseconds = performance.now() - since;
      this.check.check(answer, this.request.id);
      this.isWaiting = false;
      this.onAnswer(this, milliseconds);
    });
  }

  public close(): void {
    this.connection.close();
  }
}

/** Requests at a steady rate, whether or not those before are answered; who finds no free connection waits for one. */
class Schedule {
  private readonly timer: NodeJS.Timeout;
  private readonly started = performance.now();
  private readonly free: LoadClient[];
  /** When each request was due that waits. */
  private readonly waiting: number[] = [];
  private sent = 0;

  public constructor(
    private readonly rate: number,
    clients: readonly LoadClient[],
  ) {
    this.free = [...clients];
    this.timer = setInterval(() => this.sendDue(), 1);
  }

  /** A connection that has its answer takes what waits longest. */
  public onFree(client: LoadClient): void {
    const due = this.waiting.shift();
    if (due === undefined) this.free.push(client);
    else client.ask(due);
  }

  /** @returns how long those have waited that were never sent, in milliseconds */
  public stop(): number[] {
    clearInterval(this.timer);
    const now = performance.now();
    return this.waiting.splice(0).map((due) => now - due);
  }

  private sendDue(): void {
    const now = performance.now();
    for (const due = ((now - this.started) / 1000) * this.rate; this.sent < due; this.sent += 1) {
      const client = this.free.shift();
      if (client === undefined) this.waiting.push(now);
      else client.ask(now);
    }
  }
}
