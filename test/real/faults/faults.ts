import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from './findings';
import type { Platform } from './platform';
import type { Random } from './random';
import type { Upstream } from './upstream';

const RELOAD_MS = 1_000;

/** One document in so many is none. */
const BROKEN_EVERY = 5;

/** What happens to a platform until it is over; then all is well again. */
export class Faults {
  public constructor(
    private readonly platform: Platform,
    private readonly random: Random,
    private readonly findings: Findings,
  ) {}

  public async run(isOver: () => boolean): Promise<void> {
    const { upstreams } = this.platform;
    const all = upstreams.map((upstream) => this.harm(upstream, isOver));
    await Promise.all([...all, this.reload(isOver), this.killReplica(isOver)]);
  }

  /** One of the servers at a time is well for a while, and then is not. */
  private async harm(upstream: Upstream, isOver: () => boolean): Promise<void> {
    const { random, findings } = this;
    while (!isOver()) {
      await sleep(random.between(3_000, 12_000));
      if (isOver()) return;
      const fault = random.pick(['killed', 'stalled', 'started anew', 'talks nonsense'] as const);
      findings.count(`fault: a server is ${fault}`);
      if (fault === 'talks nonsense') {
        upstream.answer('nonsense');
        await sleep(random.between(500, 2_500));
        upstream.answer('well');
      } else if (fault === 'stalled') {
        upstream.stall();
        await sleep(random.between(1_000, 8_000));
        upstream.goOn();
      } else {
        await upstream.kill();
        if (fault === 'killed') await sleep(random.between(500, 3_000));
        await upstream.start();
      }
    }
  }

  private async reload(isOver: () => boolean): Promise<void> {
    for (let version = 1; !isOver(); version += 1) {
      await sleep(RELOAD_MS);
      const isBroken = version % BROKEN_EVERY === 0;
      this.findings.count(isBroken ? 'fault: a broken document' : 'fault: a new document');
      await (isBroken ? this.platform.writeBrokenDocument(version) : this.platform.writeDocument(version));
    }
    await this.platform.writeDocument(0);
  }

  private async killReplica(isOver: () => boolean): Promise<void> {
    const [, other] = this.platform.replicas;
    while (!isOver()) {
      await sleep(this.random.between(4_000, 12_000));
      this.findings.count('fault: a replica is killed');
      await other.kill();
      await sleep(this.random.between(200, 2_000));
      await other.restart();
    }
  }
}
