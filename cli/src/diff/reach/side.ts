import { Workload, type Endpoint, type ForeignPods, type Path, type Platform } from 'agentyard/reachability';
import { Ports, type Piece } from './spans.js';

/** Whether a workload calls or is called. */
export const DIRECTIONS = ['egress', 'ingress'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Pods before or after a change; those of a workload may be there on one side only. */
export class Side {
  /** @param titles those of the workload, before and after */
  public static ofWorkload(platform: Platform, titles: ReadonlySet<string>): Side {
    return new Side(
      platform,
      platform.workloads.find(({ title }) => titles.has(title)),
    );
  }

  public constructor(
    private readonly platform: Platform,
    private readonly pods: Workload | ForeignPods | undefined,
  ) {}

  /** What policies may know of it; the same for sides that they treat alike. */
  public get text(): string {
    if (!(this.pods instanceof Workload)) return JSON.stringify(this.pods);
    const { labels, pods } = this.pods;
    return JSON.stringify([Object.entries(labels).sort(), pods.serviceAccount, pods.hostNetwork, pods.ports]);
  }

  /** Ports that it has names for. */
  public get namedPorts(): number[] {
    return this.pods instanceof Workload ? (this.pods.pods.ports ?? []).map(({ port }) => port) : [];
  }

  /** Paths to or from it. A path to a list of the egress proxy is left out: it leads to what other paths say. */
  public paths(direction: Direction): readonly Path[] {
    if (this.pods === undefined) return [];
    if (direction === 'ingress') return this.platform.callers(this.pods);
    return this.platform.reachable(this.pods).filter(({ toProxy }) => toProxy !== true);
  }

  /** How it reaches another end, or is reached by it, at the first port of a piece; absent if it is not. */
  public way(direction: Direction, other: Endpoint, { ports, protocol }: Piece): 'direct' | 'proxy' | undefined {
    if (this.pods === undefined) return undefined;
    const [from, to] = direction === 'egress' ? [this.pods, other] : [other, this.pods];
    return this.platform.canReach(from, to, ports.first, protocol).via;
  }

  /** The pieces at which it is connected with another end. */
  public open(direction: Direction, other: Endpoint, pieces: readonly Piece[]): Ports {
    return Ports.of(pieces.filter((piece) => this.way(direction, other, piece) !== undefined));
  }
}
