import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Dispatcher, LocalHosts } from '@agentyard/runtime-kit';

/** Where a Service is: its host name and port. */
export interface ServiceAddress {
  readonly host: string;
  readonly port: number;
  /** Whether its pods speak TLS. */
  readonly tls?: object;
  /** What its pods are probed through; absent: as all are. */
  readonly dispatcher?: Dispatcher;
}

export type Origins = readonly string[];

/** Finds the ready pods of a Service. */
export interface EndpointResolver {
  /** Origins (`http://10.0.0.7:8080`) of the pods that are ready; at once if they are known. */
  resolve(service: ServiceAddress): Origins | Promise<Origins>;
  /** The last answer, without waiting for the next; absent when there was none. */
  peek(service: ServiceAddress): Origins | undefined;
  /** Says that an address did not answer, so that the next answer is not one from before. */
  invalidate(service: ServiceAddress): void;
  /** Waits until the next answer knows of what was said to be invalid. */
  settle(service: ServiceAddress): Promise<void>;
}

/** All addresses of a host name, as `dns.lookup` gives them. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

const systemLookup: Lookup = (host) => promisify(dnsLookup)(host, { all: true });

/** How long an answer counts. */
export const REFRESH_MS = 5_000;

/** Shortest time between two look-ups of a name, however often its pods fail. */
const MIN_REFRESH_MS = 1_000;

/** How long a request waits for DNS when it could go to an address from before. */
const MAX_WAIT_MS = 2_000;

/** What the system's resolver says of a name that has no address now: a headless Service without ready pods. */
const NO_ADDRESS = new Set(['ENOTFOUND', 'ENODATA']);

interface Answer {
  origins: readonly string[];
  askedAt: number;
  invalid: boolean;
  pending: Promise<void> | undefined;
}

/**
 * Resolves headless Services, whose DNS name has the addresses of the ready pods.
 * An answer counts for 5 s: longer could send a request to a pod that took over the address. While DNS itself fails,
 * the last answer stays.
 */
export class DnsEndpointResolver implements EndpointResolver {
  private readonly answers = new Map<string, Answer>();
  /** The same by those who ask, who mostly ask again. */
  private readonly known = new WeakMap<ServiceAddress, Answer>();

  public constructor(
    private readonly lookup: Lookup = systemLookup,
    private readonly now: () => number = () => performance.now(),
  ) {}

  public resolve(service: ServiceAddress): Origins | Promise<Origins> {
    const answer = this.current(service);
    return answer.pending === undefined ? answer.origins : this.awaited(answer);
  }

  private async awaited(answer: Answer): Promise<Origins> {
    if (answer.origins.length === 0) await answer.pending;
    else await Promise.race([answer.pending, sleep(MAX_WAIT_MS, undefined, { ref: false })]);
    return answer.origins;
  }

  public peek(service: ServiceAddress): readonly string[] | undefined {
    const { origins, askedAt } = this.current(service);
    return askedAt === -Infinity ? undefined : origins;
  }

  public invalidate(service: ServiceAddress): void {
    const answer = this.answers.get(keyOf(service));
    if (answer !== undefined) answer.invalid = true;
  }

  public async settle(service: ServiceAddress): Promise<void> {
    const answer = this.answers.get(keyOf(service));
    if (answer?.invalid !== true) return;
    await sleep(Math.max(0, MIN_REFRESH_MS - (this.now() - answer.askedAt)));
    // A timer may be early by a hair.
    if (answer.invalid) answer.askedAt = Math.min(answer.askedAt, this.now() - MIN_REFRESH_MS);
  }

  /** The answer at hand, and the look-up of the next one begun if it is stale. */
  private current(service: ServiceAddress): Answer {
    const answer = this.known.get(service) ?? this.answerFor(service);
    if (answer.pending === undefined && this.isStale(answer)) {
      answer.pending = this.refresh(answer, service).finally(() => (answer.pending = undefined));
    }
    return answer;
  }

  private answerFor(service: ServiceAddress): Answer {
    const key = keyOf(service);
    const answer = this.answers.get(key) ?? { origins: [], askedAt: -Infinity, invalid: true, pending: undefined };
    this.answers.set(key, answer);
    this.known.set(service, answer);
    return answer;
  }

  private isStale({ askedAt, invalid }: Answer): boolean {
    return this.now() - askedAt >= (invalid ? MIN_REFRESH_MS : REFRESH_MS);
  }

  private async refresh(answer: Answer, { host, port, tls }: ServiceAddress): Promise<void> {
    // Before it is asked: what is said to be invalid meanwhile may be in the answer.
    answer.invalid = false;
    try {
      const addresses = await this.lookup(host);
      answer.origins = addresses.map(
        ({ address, family }) => `${schemeOf({ tls })}://${family === 6 ? `[${address}]` : address}:${port}`,
      );
    } catch (error) {
      if (NO_ADDRESS.has((error as NodeJS.ErrnoException).code ?? '')) answer.origins = [];
    }
    answer.askedAt = this.now();
  }
}

function schemeOf({ tls }: Pick<ServiceAddress, 'tls'>): string {
  return tls === undefined ? 'http' : 'https';
}

function keyOf({ host, port, tls }: ServiceAddress): string {
  return `${schemeOf({ tls })}://${host}:${port}`;
}

/** How long the host map is not looked at again: many requests come in that time, and no process ends and begins. */
const LOCAL_MS = 2;

/** Resolves Services of a platform that runs as local processes. */
export class LocalEndpointResolver implements EndpointResolver {
  private readonly answers = new WeakMap<ServiceAddress, { readonly until: number; readonly origins: Origins }>();

  public constructor(private readonly hosts: LocalHosts) {}

  public resolve(service: ServiceAddress): Origins {
    const now = performance.now();
    const known = this.answers.get(service);
    if (known !== undefined && now < known.until) return known.origins;
    const origins = this.peek(service);
    this.answers.set(service, { until: now + LOCAL_MS, origins });
    return origins;
  }

  public peek({ host, port, tls }: ServiceAddress): Origins {
    const addresses = this.hosts.addressesOf(host, port) ?? [];
    return addresses.map((address) => `${schemeOf({ tls })}://${address}`);
  }

  /** The host map is read anew whenever it has changed: there is no answer from before. */
  public invalidate(): void {}

  public settle(): Promise<void> {
    return Promise.resolve();
  }
}
