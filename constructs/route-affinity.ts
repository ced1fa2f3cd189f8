import type { IConstruct } from 'constructs';
import { LARGEST_LOAD_FACTOR, type GatewayDocumentInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';

type AffinityConfig = NonNullable<GatewayDocumentInput['routes'][number]['affinity']>;

/** Options of an affinity. */
export interface RouteAffinityOptions {
  /**
   * How many times the mean of its requests in flight a pod may have; what is above goes to others. 1 shares evenly and
   * moves much, a large number moves little.
   * @default 1.25
   */
  readonly loadFactor?: number;
}

/**
 * Which requests of a route go to the same pod, by consistent hashing with bounded loads: a pod that comes or goes moves
 * about its own share of them. It spares work, for example where a model's cache is warm; an answer never needs it.
 */
export class RouteAffinity {
  /** Requests of one user that have the same `sessionId`. Those without one go where there is least to do. */
  public static bySession(options: RouteAffinityOptions = {}): RouteAffinity {
    return new RouteAffinity('session', options);
  }

  /** All requests of one user. It needs a gateway that knows its callers. */
  public static byUser(options: RouteAffinityOptions = {}): RouteAffinity {
    return new RouteAffinity('user', options);
  }

  private readonly by: AffinityConfig['by'];
  private readonly loadFactor?: number;

  private constructor(by: AffinityConfig['by'], { loadFactor }: RouteAffinityOptions) {
    this.by = by;
    this.loadFactor = loadFactor;
  }

  /** Throws ROUTE_AFFINITY_INVALID. @internal */
  public _configFor(route: IConstruct): AffinityConfig {
    const { by, loadFactor } = this;
    if (loadFactor === undefined || (loadFactor >= 1 && loadFactor <= LARGEST_LOAD_FACTOR)) return { by, loadFactor };
    throw new SynthError('ROUTE_AFFINITY_INVALID', route, {
      message: `loadFactor is ${loadFactor}`,
      remedy: `Give a number from 1 to ${LARGEST_LOAD_FACTOR}`,
    });
  }
}
