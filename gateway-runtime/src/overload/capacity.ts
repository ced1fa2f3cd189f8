import type { ServiceAddress } from '../balance/endpoint-resolver.js';

/** Finds the addresses of a Service's pods. */
export type ResolvePods = (service: ServiceAddress) => readonly unknown[] | Promise<readonly unknown[]>;

/** How long a count is used, in milliseconds. */
const REFRESH_MS = 1_000;

/** How many pods a Service has, as far as is known; it is asked again while somebody wants to know. */
export class PodCount {
  private known = 1;
  private askedAt = -Infinity;
  private asking = false;

  /** @param service absent: it is one, behind one name */
  public constructor(
    private readonly service: ServiceAddress | undefined,
    private readonly resolve: ResolvePods,
    private readonly now: () => number,
  ) {}

  /** The count that is known; at least 1, since what cannot be reached is for others to say. */
  public current(onChange: () => void): number {
    if (this.service !== undefined && !this.asking && this.now() - this.askedAt >= REFRESH_MS) {
      this.asking = true;
      void this.ask(this.service, onChange);
    }
    return this.known;
  }

  private async ask(service: ServiceAddress, onChange: () => void): Promise<void> {
    const before = this.known;
    try {
      this.known = Math.max(1, (await this.resolve(service)).length);
    } catch {
      // The count from before stays.
    }
    this.askedAt = this.now();
    this.asking = false;
    if (this.known !== before) onChange();
  }
}

/** What this replica may have in flight to one callee: per pod of the callee, divided by the gateway's replicas. */
export class Capacity {
  public constructor(
    private readonly perPod: number,
    private readonly pods: PodCount,
    private readonly replicas: PodCount,
  ) {}

  public current(onChange: () => void): number {
    return Math.max(1, Math.floor((this.perPod * this.pods.current(onChange)) / this.replicas.current(onChange)));
  }
}
