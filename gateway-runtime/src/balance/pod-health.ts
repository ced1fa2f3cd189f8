import type { OutlierDetection } from 'agentyard/contract';
import type { EventCount, Logger } from '@agentyard/runtime-kit';
import type { ServiceAddress } from './endpoint-resolver.js';
import type { PodFailure } from './pod-failure.js';
import type { PodProbe } from './pod-probe.js';

/** Most pods that are probed at the same time; the others have their turn at the next interval. */
const MOST_PROBES = 32;

/** What is known of a pod that has failed since its last success, or that was left out not long ago. */
interface PodRecord {
  failures: number;
  /** How many times it was left out, each of them not long after the one before. */
  ejections: number;
  /** When it failed last, or was taken back. */
  changedAt: number;
}

/** The Service of a pod, and what it is probed through. */
type ProbedService = Pick<ServiceAddress, 'host' | 'dispatcher'>;

interface Ejection {
  readonly service: ProbedService;
  readonly failure: PodFailure;
  readonly until: number;
  isProbed: boolean;
}

/** What pods are judged by. */
export interface PodHealthSources {
  readonly settings: () => OutlierDetection;
  readonly probe: PodProbe;
  readonly log: Logger;
  /** Counts pods that are left out, by the failure. */
  readonly ejections: EventCount;
  readonly now?: () => number;
}

/**
 * Which pods are left out although they are listed as ready: those that failed several times in a row. Pods that are
 * left out are probed, and taken back when their time is over and they answer. It is never more than a part of the pods
 * of a Service: what all of them have is no fault of the pods.
 */
export class PodHealth {
  private readonly records = new Map<string, PodRecord>();
  private readonly ejected = new Map<string, Ejection>();
  private readonly now: () => number;
  private timer: NodeJS.Timeout | undefined;
  private onReturn: (origin: string) => void = () => undefined;

  public constructor(private readonly sources: PodHealthSources) {
    this.now = sources.now ?? (() => performance.now());
  }

  /** How many pods are left out. */
  public get ejectedCount(): number {
    return this.ejected.size;
  }

  /** Those of the pods of a Service that get requests; never none of some. */
  public usable(origins: readonly string[]): readonly string[] {
    if (this.ejected.size === 0) return origins;
    const out = origins.flatMap((origin) => {
      const ejection = this.ejected.get(origin);
      return ejection === undefined ? [] : [{ origin, until: ejection.until }];
    });
    const most = Math.floor((origins.length * this.sources.settings().maxEjectedPercent) / 100);
    // Of too many, those come back first whose time is over first.
    const left = new Set(
      out
        .sort((a, b) => b.until - a.until)
        .slice(0, most)
        .map(({ origin }) => origin),
    );
    return left.size === 0 ? origins : origins.filter((origin) => !left.has(origin));
  }

  /** A pod gave an answer that is as it should be. */
  public succeeded(origin: string): void {
    const record = this.records.get(origin);
    if (record === undefined) return;
    if (record.ejections === 0) this.records.delete(origin);
    else record.failures = 0;
  }

  /** A pod of a Service failed. */
  public failed(service: ProbedService, origin: string, failure: PodFailure): void {
    const record = this.recordOf(origin);
    record.failures += 1;
    record.changedAt = this.now();
    if (record.failures < this.sources.settings().consecutiveFailures || this.ejected.has(origin)) return;
    this.eject(service, origin, failure, record);
  }

  /** Probes the pods that are left out, and takes those back that may come. */
  public async probeAll(): Promise<void> {
    const waiting = [...this.ejected].filter(([, { isProbed }]) => !isProbed).slice(0, MOST_PROBES);
    await Promise.all(waiting.map(([origin, ejection]) => this.probe(origin, ejection)));
  }

  /** Has one listener told of pods that are taken back. */
  public whenBack(listener: (origin: string) => void): void {
    this.onReturn = listener;
  }

  /** Ends the probing. */
  public close(): void {
    clearTimeout(this.timer);
    this.ejected.clear();
  }

  private recordOf(origin: string): PodRecord {
    const known = this.records.get(origin);
    if (known !== undefined) {
      if (this.isOld(origin, known)) known.ejections = 0;
      return known;
    }
    // Pods come and go: those that nobody hears of any more are forgotten when another one fails.
    for (const [other, record] of this.records) if (this.isOld(other, record)) this.records.delete(other);
    const record = { failures: 0, ejections: 0, changedAt: this.now() };
    this.records.set(origin, record);
    return record;
  }

  private isOld(origin: string, { changedAt }: PodRecord): boolean {
    return !this.ejected.has(origin) && this.now() - changedAt >= this.sources.settings().maxEjectionMs;
  }

  private eject(service: ProbedService, origin: string, failure: PodFailure, record: PodRecord): void {
    const { baseEjectionMs, maxEjectionMs } = this.sources.settings();
    const ms = Math.min(maxEjectionMs, baseEjectionMs * 2 ** record.ejections);
    record.ejections += 1;
    this.ejected.set(origin, { service, failure, until: this.now() + ms, isProbed: false });
    this.sources.ejections.add(failure);
    this.sources.log.warn(
      {
        event: 'pod-ejected',
        service: service.host,
        pod: origin,
        reason: failure,
        failures: record.failures,
        ejection_ms: ms,
      },
      'a pod is left out after failures in a row',
    );
    this.scheduleProbes();
  }

  private async probe(origin: string, ejection: Ejection): Promise<void> {
    const { settings, probe } = this.sources;
    ejection.isProbed = true;
    const isWell = await probe(origin, settings().probe, ejection.service.dispatcher);
    ejection.isProbed = false;
    if (this.ejected.get(origin) !== ejection) return;
    const left = ejection.until - this.now();
    // What could not be reached can be now. One that failed while it answers probes has to wait.
    const mayReturn = isWell ? left <= 0 || ejection.failure === 'unreachable' : left <= -settings().maxEjectionMs;
    if (mayReturn) this.takeBack(origin, ejection, isWell);
  }

  /** @param isWell else nothing is known of it any more: if it is listed still, requests find out */
  private takeBack(origin: string, { service, failure }: Ejection, isWell: boolean): void {
    this.ejected.delete(origin);
    const record = this.records.get(origin);
    if (record !== undefined) Object.assign(record, { failures: 0, changedAt: this.now() });
    this.onReturn(origin);
    this.sources.log.info(
      { event: 'pod-returned', service: service.host, pod: origin, reason: failure, answers: isWell },
      'a pod that was left out gets requests again',
    );
  }

  private scheduleProbes(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.probeAll();
      if (this.ejected.size > 0) this.scheduleProbes();
    }, this.sources.settings().probe.intervalMs);
    this.timer.unref();
  }
}
