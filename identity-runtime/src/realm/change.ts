import type { AdminApi, Method } from './admin-api.js';
import type { Unmarked } from './ownership.js';

/** One request that brings something into line. */
export interface Step {
  readonly kind: 'created' | 'changed' | 'removed';
  /** What it is about, without its content: `client cli`. */
  readonly what: string;
  readonly method: Method;
  /** Below the realm's path. */
  readonly path: string;
  readonly body?: unknown;
}

/** What a run has changed, by names. */
export interface RealmReport {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** What was there before the program declared it, and so is not exactly as it says. */
  readonly unmarked: readonly Unmarked[];
}

/** Takes steps, and notes what they were about. */
export class Changes {
  private readonly steps: Step[] = [];

  public constructor(private readonly api: AdminApi) {}

  /** @returns whether something was created, whose id is not known yet */
  public async take(steps: readonly Step[]): Promise<boolean> {
    for (const step of steps) {
      await this.api.send(step.method, step.path, step.body);
      this.steps.push(step);
    }
    return steps.some(({ kind }) => kind === 'created');
  }

  /** Each thing once: what was created is not also changed. */
  public get report(): Omit<RealmReport, 'unmarked'> {
    const created = this.named('created');
    const removed = this.named('removed');
    const changed = this.named('changed').filter((what) => !created.includes(what) && !removed.includes(what));
    return { created, changed, removed };
  }

  private named(kind: Step['kind']): string[] {
    return [...new Set(this.steps.filter((step) => step.kind === kind).map(({ what }) => what))];
  }
}
