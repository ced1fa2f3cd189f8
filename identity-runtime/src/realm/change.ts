import type { AdminApi, Method } from './admin-api.js';

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
}

/** Takes steps, and notes what they were about. */
export class Changes {
  private readonly steps: Step[] = [];

  public constructor(private readonly api: AdminApi) {}

  public async take(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.api.send(step.method, step.path, step.body);
      this.steps.push(step);
    }
  }

  /** Each thing once: what was created is not also changed. */
  public get report(): RealmReport {
    const created = this.named('created');
    const removed = this.named('removed');
    const changed = this.named('changed').filter((what) => !created.includes(what) && !removed.includes(what));
    return { created, changed, removed };
  }

  private named(kind: Step['kind']): string[] {
    return [...new Set(this.steps.filter((step) => step.kind === kind).map(({ what }) => what))];
  }
}
