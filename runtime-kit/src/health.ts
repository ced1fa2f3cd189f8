/** One condition of readiness: a reason why not, or nothing. */
export type ReadinessCheck = () => string | undefined;

/** Whether the runtime may get requests: all of its checks hold and it is not shutting down. */
export class Health {
  private readonly checks: ReadinessCheck[] = [];
  private readonly drainListeners: (() => void)[] = [];
  private draining = false;

  /** Adds a condition of readiness. */
  public addCheck(check: ReadinessCheck): void {
    this.checks.push(check);
  }

  /** From now on the runtime is not ready, whatever its checks say. */
  public drain(): void {
    this.draining = true;
    for (const listener of this.drainListeners) listener();
  }

  /** Has a listener told when the runtime begins to shut down. */
  public onDrain(listener: () => void): void {
    this.drainListeners.push(listener);
  }

  /** Reasons why the runtime is not ready; empty when it is. */
  public reasons(): string[] {
    if (this.draining) return ['shutting down'];
    return this.checks.map((check) => check()).filter((reason) => reason !== undefined);
  }
}
