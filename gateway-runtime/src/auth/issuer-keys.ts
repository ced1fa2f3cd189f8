import type { KeyObject } from 'node:crypto';
import type { Dispatcher, EventCount, Logger } from '@agentyard/runtime-kit';
import { AuthFailure } from './auth-failure.js';
import { jwksUriOf, type IssuerName } from './issuer-metadata.js';
import { IssuerFault, jsonSource } from './json-source.js';
import { KeySet } from './key-set.js';

/** How often an issuer is asked for its keys; all in milliseconds. */
export interface IssuerPace {
  /** How long keys count before they are asked for again. */
  readonly refreshMs: number;
  /** Time until the next try after one that failed, while there are no keys. */
  readonly retryMs: number;
  /** The same while there are keys. */
  readonly patientRetryMs: number;
  /** Shortest time between two times that it is asked because of a token with an unknown key id. */
  readonly unknownKidMs: number;
  /** How long it may take, metadata and keys together. */
  readonly timeoutMs: number;
  /** How long the last keys count while it cannot be asked. */
  readonly lastGoodMs: number;
}

export const ISSUER_PACE: IssuerPace = {
  refreshMs: 600_000,
  retryMs: 5_000,
  patientRetryMs: 30_000,
  unknownKidMs: 30_000,
  timeoutMs: 3_000,
  lastGoodMs: 86_400_000,
};

/** What it takes to ask issuers. */
export interface IssuerAccess {
  readonly dispatcher: Dispatcher;
  readonly log: Logger;
  /** Counts the times that an issuer could not be asked. */
  readonly failures: EventCount;
  readonly pace: IssuerPace;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/**
 * The keys of one issuer. They are read in the background, at the start and every 10 minutes; a token waits for that
 * only when there are none yet, or when its key is a new one. While the issuer is down the last ones count, for a day.
 */
export class IssuerKeys {
  private set: KeySet | undefined;
  private readAt = -Infinity;
  private kidAskedAt = -Infinity;
  private fault: string | undefined;
  private nonsense = '';
  private pending: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** Begins to read the keys; nobody has to wait for it. */
  public static open(issuer: IssuerName, access: IssuerAccess): IssuerKeys {
    const keys = new IssuerKeys(issuer, access);
    void keys.refresh();
    return keys;
  }

  private constructor(
    private readonly issuer: IssuerName,
    private readonly access: IssuerAccess,
  ) {}

  /** Reads no more; what is known still counts. */
  public close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** The keys that count now, if any. Another object after each reading. */
  public get current(): KeySet | undefined {
    return this.access.now() - this.readAt < this.access.pace.lastGoodMs ? this.set : undefined;
  }

  /**
   * The key of a signature. Waits for the issuer at most once, and no longer than it may take.
   *
   * @throws AuthFailure `kid-unknown`; `issuer-unavailable` when the issuer cannot be asked for the key
   */
  public async find(algorithm: string, kid: string | undefined): Promise<KeyObject> {
    const known = this.current?.find(algorithm, kid);
    if (known !== undefined) return known;
    if (this.current !== undefined && this.mayAskForKid()) void this.refresh();
    await this.pending;
    const found = this.current?.find(algorithm, kid);
    if (found !== undefined) return found;
    const isUnsure = this.current === undefined || this.fault !== undefined;
    throw new AuthFailure(isUnsure ? 'issuer-unavailable' : 'kid-unknown', {
      by: 'access-token',
      issuer: this.issuer.issuer,
    });
  }

  /** Tokens of anybody's making must not have the issuer asked without end. */
  private mayAskForKid(): boolean {
    const now = this.access.now();
    if (now - this.kidAskedAt < this.access.pace.unknownKidMs) return false;
    this.kidAskedAt = now;
    return true;
  }

  /** Reads the keys now, once for all who ask meanwhile, and again when it is time. */
  private refresh(): Promise<void> {
    clearTimeout(this.timer);
    this.pending ??= this.read().finally(() => {
      this.pending = undefined;
      if (!this.closed) this.timer = setTimeout(() => void this.refresh(), this.wait()).unref();
    });
    return this.pending;
  }

  private wait(): number {
    const { refreshMs, retryMs, patientRetryMs } = this.access.pace;
    if (this.fault === undefined) return refreshMs;
    return this.current === undefined ? retryMs : patientRetryMs;
  }

  private async read(): Promise<void> {
    const { dispatcher, pace, now } = this.access;
    try {
      const get = jsonSource(dispatcher, AbortSignal.timeout(pace.timeoutMs));
      const { status, value } = await get(await jwksUriOf(this.issuer, get));
      if (status !== 200) throw new IssuerFault(`its keys were answered with ${status}`);
      this.set = KeySet.parse(value, (faults) => this.reportNonsense(faults));
      this.readAt = now();
      this.report(undefined);
    } catch (error) {
      this.access.failures.add();
      this.report((error as Error).message);
    }
  }

  /** Each fault is logged once, and not with every try. */
  private report(fault: string | undefined): void {
    const { log } = this.access;
    const { issuer } = this.issuer;
    if (fault !== undefined && fault !== this.fault) {
      log.error({ event: 'issuer-unavailable', issuer, fault }, 'the keys of an issuer cannot be read');
    } else if (fault === undefined && this.fault !== undefined) {
      log.info({ event: 'issuer-available', issuer }, 'the keys of an issuer are read again');
    }
    this.fault = fault;
  }

  private reportNonsense(faults: readonly string[]): void {
    const text = faults.join('; ');
    if (text === this.nonsense) return;
    this.nonsense = text;
    this.access.log.warn(
      { event: 'issuer-keys-skipped', issuer: this.issuer.issuer, faults },
      'keys of an issuer do not count',
    );
  }
}
