import type { LoadLimits } from 'agentyard/contract';
import type { Departing } from '@agentyard/runtime-kit';
import type { Capacity } from './capacity.js';
import { CircuitBreaker, type CircuitState, type Outcome } from './circuit-breaker.js';
import { FairQueue } from './fair-queue.js';
import { Refusal, type RefusalCode } from './refusal.js';
import { RetryBudget } from './retry-budget.js';

/** After this time a place may be free again. */
const RETRY_AFTER_MS = 1_000;

/** Whom a request is for, and how long it may wait. */
export interface Arrival {
  readonly user: string;
  /** Time that is left of the request's deadline, in milliseconds. */
  readonly leftMs: number;
  /** Aborted when the client leaves. */
  readonly signal: Departing;
}

/** A place among those in flight. Given back once, with how the request ended. */
export type Lease = (outcome: Outcome) => void;

/** What a failure of a callee means for what was read. */
export interface ReadFailure {
  /** Whether it may be asked once more. */
  readonly mayRepeat: boolean;
}

interface Waiting {
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

/** What a gate tells of. */
export interface GateEvents {
  refused(code: RefusalCode): void;
  circuit(state: CircuitState): void;
  /** A request is sent a second time. */
  retried(): void;
}

/** Lets requests through to one callee: so many at once, a few more wait, and none while it fails. */
export class Gate {
  private readonly retries = new RetryBudget();
  private readonly queue: FairQueue<Waiting>;
  private readonly breaker: CircuitBreaker;
  private going = 0;

  public constructor(
    private readonly limits: LoadLimits,
    private readonly capacity: Capacity,
    private readonly events: GateEvents,
    now: () => number,
  ) {
    this.queue = new FairQueue(limits.maxQueue);
    this.breaker = new CircuitBreaker(limits.circuitBreaker, now, (state) => this.circuitChanged(state));
  }

  public get inFlight(): number {
    return this.going;
  }

  public get queued(): number {
    return this.queue.size;
  }

  public get circuit(): CircuitState {
    return this.breaker.state;
  }

  /** Those who wait go on to wait: their turn comes as those in flight end. */
  public close(): void {}

  /**
   * Waits for a place.
   *
   * @throws Refusal when it fails too often, the queue is full, or the wait is too long; the signal's reason when the
   *   client leaves
   */
  public enter(arrival: Arrival): Lease | Promise<Lease> {
    if (arrival.signal.aborted) throw arrival.signal.reason as Error;
    if (this.breaker.refuses) throw this.circuitOpen();
    if (this.queue.size === 0 && this.going < this.room()) return this.take();
    return this.wait(arrival);
  }

  /**
   * Asks for something that changes nothing, and once more if that fails and the callee's budget of retries allows it.
   *
   * @param judge what an error says of the callee; absent if nothing
   * @throws Refusal when the callee fails too often; what `ask` throws
   */
  public async read<T>(ask: () => Promise<T>, judge: (error: unknown) => ReadFailure | undefined): Promise<T> {
    try {
      return await this.readOnce(ask, judge);
    } catch (error) {
      if (judge(error)?.mayRepeat !== true || !this.retries.spend()) throw error;
      this.events.retried();
      return this.readOnce(ask, judge);
    }
  }

  private async readOnce<T>(ask: () => Promise<T>, judge: (error: unknown) => ReadFailure | undefined): Promise<T> {
    const end = this.pass();
    let outcome: Outcome = 'unknown';
    try {
      const answer = await ask();
      outcome = 'ok';
      return answer;
    } catch (error) {
      if (judge(error) !== undefined) outcome = 'failed';
      throw error;
    } finally {
      end(outcome);
    }
  }

  /** @throws Refusal when the callee fails too often */
  private pass(): Lease {
    const end = this.breaker.pass();
    if (end === undefined) throw this.circuitOpen();
    this.retries.earn();
    return end;
  }

  private take(): Lease {
    const end = this.pass();
    this.going += 1;
    return (outcome) => {
      this.going -= 1;
      end(outcome);
      this.next();
    };
  }

  private wait({ user, leftMs, signal }: Arrival): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        end();
      };
      const waiting: Waiting = {
        admit: () => settle(() => resolve(this.take())),
        refuse: (error) => settle(() => reject(error)),
      };
      const leave = (): void => this.withdraw(user, waiting, () => signal.reason as Error);
      const timer = setTimeout(
        () => this.withdraw(user, waiting, () => this.overloaded('no place was free in time')),
        Math.min(this.limits.queueTimeoutMs, leftMs),
      );
      signal.addEventListener('abort', leave, { once: true });
      this.queue.push(user, waiting)?.refuse(this.overloaded('its queue is full'));
      // There may be more room than when the last one left.
      this.next();
    });
  }

  private withdraw(user: string, waiting: Waiting, reason: () => Error): void {
    if (this.queue.remove(user, waiting)) waiting.refuse(reason());
  }

  /** Lets in whoever's turn it is. */
  private readonly next = (): void => {
    while (this.queue.size > 0 && this.going < this.room() && !this.breaker.refuses) this.queue.shift()?.admit();
  };

  private room(): number {
    return this.capacity.current(this.next);
  }

  /** Nobody waits for what fails; whoever waits when it is tried again goes first. */
  private circuitChanged(state: CircuitState): void {
    this.events.circuit(state);
    if (state === 'open') for (const waiting of this.queue.drain()) waiting.refuse(this.circuitOpen());
  }

  private overloaded(reason: string): Refusal {
    this.events.refused('overloaded');
    return new Refusal('overloaded', reason, RETRY_AFTER_MS);
  }

  private circuitOpen(): Refusal {
    this.events.refused('circuit-open');
    return new Refusal('circuit-open', 'it failed too often', this.breaker.retryAfterMs || RETRY_AFTER_MS);
  }
}
