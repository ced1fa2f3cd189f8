import { setTimeout as sleep } from 'node:timers/promises';
import { acceptsConnections, answersRequests } from './port-probe.js';

/** How long after a look the next one comes, while Squid serves and while it does not. */
const SERVING_MS = 2_000;
const SILENT_MS = 250;

const UNASKED = 'Squid has not been asked since it started';

/** After this many looks in a row without an answer, Squid hangs. */
const HANGS_AFTER = 10;

/** Knows whether Squid serves: each port takes connections, and one of them answers. */
export class PortWatch {
  private silent: string | undefined = UNASKED;
  /** Counts processes: what one has answered says nothing of the next. */
  private generation = 0;
  private misses = 0;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param ports those that Squid is to serve, as of now
   * @param onHang called when Squid takes connections and answers none
   */
  public constructor(
    private readonly ports: () => readonly number[],
    private readonly onHang: () => void,
  ) {}

  /** Why Squid does not serve, as of the last look; nothing if it does. */
  public get reason(): string | undefined {
    return this.silent;
  }

  /** Looks again and again until {@link stop}. */
  public start(): void {
    const again = async (): Promise<void> => {
      await this.look();
      const delay = this.silent === undefined ? SERVING_MS : SILENT_MS;
      if (this.timer !== undefined) this.timer = setTimeout(() => void again(), delay).unref();
    };
    this.timer = setTimeout(() => void again(), 0).unref();
  }

  public stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** A new process has been started: Squid does not serve until it is seen to. */
  public forget(): void {
    this.generation += 1;
    this.silent = UNASKED;
  }

  /** Waits until Squid serves. @returns false if it does not within `ms` */
  public async waitUntilServing(ms: number): Promise<boolean> {
    const end = Date.now() + ms;
    while ((await this.look()) !== undefined) {
      if (Date.now() >= end) return false;
      await sleep(50);
    }
    return true;
  }

  private async look(): Promise<string | undefined> {
    const generation = this.generation;
    const silent = await this.findSilence();
    if (generation !== this.generation) return UNASKED;
    this.silent = silent;
    return silent;
  }

  private async findSilence(): Promise<string | undefined> {
    const ports = this.ports();
    const accepting = await Promise.all(ports.map(acceptsConnections));
    const closed = ports.filter((_, i) => accepting[i] !== true).length;
    if (closed > 0) return `Squid takes no connections at ${closed} of ${ports.length} ports`;
    return this.whetherItHangs(ports[0]);
  }

  private async whetherItHangs(port: number | undefined): Promise<string | undefined> {
    if (port === undefined || (await answersRequests(port))) {
      this.misses = 0;
      return undefined;
    }
    this.misses += 1;
    if (this.misses >= HANGS_AFTER) {
      this.misses = 0;
      this.onHang();
    }
    return 'Squid takes connections and does not answer';
  }
}
