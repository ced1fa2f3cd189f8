import type { Load } from '@agentyard/runtime-kit';

/** Thrown for a call that finds the queue full, or waits too long. */
export class Overloaded extends Error {
  public constructor(reason = 'the queue is full') {
    super(reason);
    this.name = 'Overloaded';
  }
}

/** A place to run a call. */
export interface Place {
  /** Tells that the caller has its answer, and the place will be free soon. */
  vacate(): void;
  /** Gives it back; call it once. */
  leave(): void;
}

/**
 * Lets in at most `maxConcurrency` calls at once; at most `maxQueue` wait, first come, first served. Those for whom
 * places are being vacated wait beside them.
 */
export class Admission {
  private taken = 0;
  private vacated = 0;
  /** Insertion order is the order of the queue. */
  private readonly waiting = new Set<() => void>();

  public constructor(
    private readonly maxConcurrency: number,
    private readonly maxQueue: number,
  ) {}

  /**
   * Waits for a place.
   *
   * @param leftMs how long it may wait, in milliseconds; may be without end
   * @throws Overloaded at once when the queue is full, and when the time is over; the signal's reason when it is aborted
   *   while waiting
   */
  public async enter(signal: AbortSignal, leftMs: number): Promise<Place> {
    signal.throwIfAborted();
    if (this.taken < this.maxConcurrency) {
      this.taken += 1;
      return this.place();
    }
    if (this.waiting.size >= this.maxQueue + this.vacated) throw new Overloaded();
    await this.wait(signal, leftMs);
    return this.place();
  }

  private place(): Place {
    let isVacated = false;
    return {
      vacate: () => {
        if (!isVacated) this.vacated += 1;
        isVacated = true;
      },
      leave: () => {
        if (isVacated) this.vacated -= 1;
        this.leave();
      },
    };
  }

  private wait(signal: AbortSignal, leftMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.waiting.delete(admit);
      };
      const admit = () => {
        settle();
        resolve();
      };
      const giveUp = () => {
        settle();
        reject(signal.reason as Error);
      };
      const timeUp = () => {
        settle();
        reject(new Overloaded('the time is over'));
      };
      const timer = Number.isFinite(leftMs) ? setTimeout(timeUp, leftMs) : undefined;
      this.waiting.add(admit);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** How many run, and how many wait. */
  public get load(): Load {
    return { inFlight: this.taken - this.vacated, queued: this.waiting.size };
  }

  /** Places that are not free. */
  public get places(): number {
    return this.taken;
  }

  /** The place goes straight to the next in the queue, so that nobody can slip in between. */
  private leave(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.taken -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
