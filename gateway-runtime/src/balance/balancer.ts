import { chooseNode } from './consistent-hash.js';
import type { EndpointResolver, ServiceAddress } from './endpoint-resolver.js';
import { REFRESH_MS } from './endpoint-resolver.js';
import { podFailureOf, type PodFailure } from './pod-failure.js';
import type { PodHealth } from './pod-health.js';
import type { Random } from './weighted-choice.js';

/** Thrown when a Service has no pod that takes a connection. Nothing was sent. */
export class NoPodError extends Error {
  public constructor(service: ServiceAddress) {
    super(`no pod of ${service.host} is ready`);
    this.name = 'NoPodError';
  }
}

/** What sends requests with the same key to the same pod, as long as pods and their load allow it. */
export interface PodAffinity {
  /** Hash of what belongs together. */
  readonly key: number;
  /** How many times the mean of its requests in flight a pod may have. */
  readonly loadFactor: number;
}

/** The pod that one request is sent to. */
export interface UsedPod {
  /** Says that it failed, though no error is thrown that tells so. */
  failed(): void;
}

/** Sends a request to the pod at an origin. */
export type UsePod<T> = (origin: string, pod: UsedPod) => Promise<T>;

/**
 * Spreads requests over the ready pods of Services: to the one with the fewest requests in flight, ties by chance; with
 * an affinity, to the one of its key.
 */
export class Balancer {
  private readonly inFlight = new Map<string, number>();
  /** Pods that refused a connection, and until when they are left out. */
  private readonly setAside = new Map<string, number>();

  /** @param health absent: pods that fail stay */
  public constructor(
    private readonly resolver: EndpointResolver,
    private readonly random: Random = Math.random,
    private readonly now: () => number = () => performance.now(),
    private readonly health?: PodHealth,
  ) {
    // It takes connections again.
    health?.whenBack((origin) => this.setAside.delete(origin));
  }

  /** Whether a Service may have a pod that takes a connection, as far as is known without waiting. */
  public mayHavePod(service: ServiceAddress): boolean {
    const origins = this.resolver.peek(service);
    return origins === undefined || this.candidates(origins).length > 0;
  }

  /**
   * Calls `use` with the origin of a pod. If the pod takes no connection, it is left out for 5 s and the next is
   * tried; after anything was sent, the error is thrown as it is, since the request may have had its effect. When no
   * known pod takes one, those that may have replaced them are looked up before it is given up.
   *
   * @throws NoPodError when no pod is left
   */
  public async withPod<T>(service: ServiceAddress, use: UsePod<T>, affinity?: PodAffinity): Promise<T> {
    let mayAskAgain = true;
    for (;;) {
      const found = this.resolver.resolve(service);
      const origins = found instanceof Promise ? await found : found;
      const pod = this.pick(this.candidates(origins), affinity);
      if (pod === undefined) {
        if (origins.length === 0 || !mayAskAgain) throw new NoPodError(service);
        mayAskAgain = false;
        await this.resolver.settle(service);
        continue;
      }
      mayAskAgain = true;
      this.inFlight.set(pod, this.loadOf(pod) + 1);
      const used = new PodUse();
      try {
        const value = await use(pod, used);
        this.judge(service, pod, used.hasFailed ? 'failing' : 'fine');
        return value;
      } catch (error) {
        if (this.noteFailure(service, pod, used, error) !== 'unreachable') throw error;
      } finally {
        this.release(pod);
      }
    }
  }

  /**
   * Calls `use` with the origin of one pod, which alone has what is asked for.
   *
   * @throws NoPodError when it is not among the ready pods of the Service, or takes no connection
   */
  public async withPodAt<T>(service: ServiceAddress, pod: string, use: UsePod<T>): Promise<T> {
    if (!(await this.resolver.resolve(service)).includes(pod)) throw new NoPodError(service);
    this.inFlight.set(pod, this.loadOf(pod) + 1);
    const used = new PodUse();
    try {
      const value = await use(pod, used);
      this.judge(service, pod, used.hasFailed ? 'failing' : 'fine');
      return value;
    } catch (error) {
      throw this.noteFailure(service, pod, used, error) === 'unreachable' ? new NoPodError(service) : error;
    } finally {
      this.release(pod);
    }
  }

  /** What is not about the pod says nothing of its health. One that takes no connection is left out from now on. */
  private noteFailure(service: ServiceAddress, pod: string, used: PodUse, error: unknown): PodFailure | undefined {
    const failure = podFailureOf(error) ?? (used.hasFailed ? 'failing' : undefined);
    if (failure !== undefined) this.judge(service, pod, failure);
    if (failure === 'unreachable') {
      this.setAside.set(pod, this.now() + REFRESH_MS);
      this.resolver.invalidate(service);
    }
    return failure;
  }

  private release(pod: string): void {
    if (this.loadOf(pod) === 1) this.inFlight.delete(pod);
    else this.inFlight.set(pod, this.loadOf(pod) - 1);
  }

  private judge(service: ServiceAddress, origin: string, found: PodFailure | 'fine'): void {
    if (found === 'fine') this.health?.succeeded(origin);
    else this.health?.failed(service, origin, found);
  }

  /** Origins of the pods that are ready. */
  public podsOf(service: ServiceAddress): ReturnType<EndpointResolver['resolve']> {
    return this.resolver.resolve(service);
  }

  /** The pods that are neither set aside nor left out as failing. */
  private candidates(origins: readonly string[]): readonly string[] {
    const { setAside } = this;
    if (setAside.size === 0) return this.health?.usable(origins) ?? origins;
    const now = this.now();
    for (const [origin, until] of setAside) if (until <= now) setAside.delete(origin);
    const there = origins.filter((origin) => !setAside.has(origin));
    const usable = (this.health?.usable(origins) ?? origins).filter((origin) => !setAside.has(origin));
    return usable.length > 0 ? usable : there;
  }

  private pick(candidates: readonly string[], affinity: PodAffinity | undefined): string | undefined {
    if (affinity !== undefined) {
      return chooseNode(candidates, affinity.key, affinity.loadFactor, (origin) => this.loadOf(origin));
    }
    if (candidates.length === 1) return candidates[0];
    let least = Infinity;
    let count = 0;
    for (const origin of candidates) {
      const load = this.loadOf(origin);
      if (load < least) [least, count] = [load, 1];
      else if (load === least) count += 1;
    }
    let left = Math.floor(this.random() * count);
    return candidates.find((origin) => this.loadOf(origin) === least && left-- === 0);
  }

  private loadOf(origin: string): number {
    return this.inFlight.get(origin) ?? 0;
  }
}

class PodUse implements UsedPod {
  public hasFailed = false;

  public failed(): void {
    this.hasFailed = true;
  }
}
