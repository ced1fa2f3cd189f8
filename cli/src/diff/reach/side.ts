import type { Endpoint, Path, Platform, Workload } from 'agentyard/reachability';
import { Ports, type Piece } from './spans.js';

/** Whether a workload calls or is called. */
export type Direction = 'egress' | 'ingress';

/** A workload before or after a change; it may be there on one side only. */
export class Side {
  public static of(platform: Platform, title: string): Side {
    return new Side(
      platform,
      platform.workloads.find((workload) => workload.title === title),
    );
  }

  private constructor(
    private readonly platform: Platform,
    public readonly workload: Workload | undefined,
  ) {}

  /** Paths to or from it. A path to a list of the egress proxy is left out: it leads to what other paths say. */
  public paths(direction: Direction): readonly Path[] {
    if (this.workload === undefined) return [];
    if (direction === 'ingress') return this.platform.callers(this.workload);
    return this.platform.reachable(this.workload).filter(({ toProxy }) => toProxy !== true);
  }

  /** How it reaches another end, or is reached by it, at the first port of a piece; absent if it is not. */
  public way(direction: Direction, other: Endpoint, { ports, protocol }: Piece): 'direct' | 'proxy' | undefined {
    if (this.workload === undefined) return undefined;
    const [from, to] = direction === 'egress' ? [this.workload, other] : [other, this.workload];
    return this.platform.canReach(from, to, ports.first, protocol).via;
  }

  /** The pieces at which all of some ends are connected with it. */
  public open(direction: Direction, others: readonly Endpoint[], pieces: readonly Piece[]): Ports {
    return Ports.of(pieces.filter((piece) => others.every((other) => this.way(direction, other, piece) !== undefined)));
  }
}
