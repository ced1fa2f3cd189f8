import type { EndpointResolver, ServiceAddress } from './endpoint-resolver.js';
import { REFRESH_MS } from './endpoint-resolver.js';
import type { Random } from './weighted-choice.js';

/** Thrown when a Service has no pod that takes a connection. Nothing was sent. */
export class NoPodError extends Error {
  public constructor(service: ServiceAddress) {
    super(`no pod of ${service.host} is ready`);
    this.name = 'NoPodError';
  }
}

/** System errors of `connect` that say that the peer is not there. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT']);

/** Spreads requests over the ready pods of Services: to the one with the fewest requests in flight, ties by chance. */
export class Balancer {
  private readonly inFlight = new Map<string, number>();
  /** Pods that refused a connection, and until when they are left out. */
  private readonly setAside = new Map<string, number>();

  public constructor(
    private readonly resolver: EndpointResolver,
    private readonly random: Random = Math.random,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Calls `use` with the origin of a pod. If the pod takes no connection, it is left out for 5 s and the next is
   * tried; after anything was sent, the error is thrown as it is, since the request may have had its effect. When no
   * known pod takes one, those that may have replaced them are looked up before it is given up.
   *
   * @throws NoPodError when no pod is left
   */
  public async withPod<T>(service: ServiceAddress, use: (origin: string) => Promise<T>): Promise<T> {
    let mayAskAgain = true;
    for (;;) {
      const origins = await this.resolver.resolve(service);
      const pod = this.pick(origins);
      if (pod === undefined) {
        if (origins.length === 0 || !mayAskAgain) throw new NoPodError(service);
        mayAskAgain = false;
        await this.resolver.settle(service);
        continue;
      }
      mayAskAgain = true;
      this.inFlight.set(pod, this.load(pod) + 1);
      try {
        return await use(pod);
      } catch (error) {
        if (!wasNeverConnected(error)) throw error;
        this.setAside.set(pod, this.now() + REFRESH_MS);
        this.resolver.invalidate(service);
      } finally {
        if (this.load(pod) === 1) this.inFlight.delete(pod);
        else this.inFlight.set(pod, this.load(pod) - 1);
      }
    }
  }

  private pick(origins: readonly string[]): string | undefined {
    const now = this.now();
    for (const [origin, until] of this.setAside) if (until <= now) this.setAside.delete(origin);
    const candidates = origins.filter((origin) => !this.setAside.has(origin));
    const least = Math.min(...candidates.map((origin) => this.load(origin)));
    const idlest = candidates.filter((origin) => this.load(origin) === least);
    return idlest[Math.floor(this.random() * idlest.length)];
  }

  private load(origin: string): number {
    return this.inFlight.get(origin) ?? 0;
  }
}

/** Whether no connection came about, so that the peer cannot have seen anything of the request. */
function wasNeverConnected(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'UND_ERR_CONNECT_TIMEOUT' || (syscall === 'connect' && UNREACHABLE.has(code ?? ''));
}
