import { rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@agentyard/runtime-kit';
import type { EgressProxyDocument } from 'agentyard/contract';
import { changeBetween, type DocumentChange } from './document-change.js';
import { untilTurn } from './reload-turn.js';
import { squidConf, type SquidFiles } from './squid-conf.js';
import type { WorkDirectory } from './work-directory.js';

/** What is done to Squid, and how one knows that it has worked. */
export interface ReloadableSquid {
  start(): void;
  stop(): Promise<void>;
  reconfigure(): void;
}

/** How long Squid may take to serve under a new configuration; then the old one comes back. */
const SERVES_WITHIN_MS = 10_000;

/** What a {@link Reloader} works with. */
export interface ReloaderParts {
  readonly squid: ReloadableSquid;
  readonly work: WorkDirectory;
  readonly files: SquidFiles;
  readonly log: Logger;
  /** This replica's number. */
  readonly index: number;
  /** Lets Squid read a configuration without serving it. @throws Error when Squid refuses it */
  check(file: string): Promise<void>;
  waitUntilServing(ms: number): Promise<boolean>;
}

/** Brings Squid from one document to the next: checked first, in this replica's turn, and back again if it fails. */
export class Reloader {
  private wanted: EgressProxyDocument;
  private reloading = false;
  private working: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  public constructor(
    private readonly parts: ReloaderParts,
    private current: EgressProxyDocument,
  ) {
    this.wanted = current;
  }

  /** The document that Squid runs with. */
  public get running(): EgressProxyDocument {
    return this.current;
  }

  /** Whether requests should go to other replicas. */
  public get isReloading(): boolean {
    return this.reloading;
  }

  /** Whether there is a document that is not in force yet, nor refused. */
  public get isWorking(): boolean {
    return this.working !== undefined;
  }

  /** Starts Squid with the first document. @throws Error when Squid refuses it */
  public async start(): Promise<void> {
    await this.check(this.current);
    await rename(this.parts.work.nextConf, this.parts.work.conf);
    this.parts.squid.start();
    await this.parts.work.keep(this.current);
  }

  /** Takes a document that is to replace the current one. A newer one overtakes one that still waits for its turn. */
  public take(document: EgressProxyDocument): void {
    this.wanted = document;
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  /** Begins nothing any more, and waits for what is in work. */
  public async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  private async work(): Promise<void> {
    while (this.wanted !== this.current && !this.stopping.signal.aborted) {
      const next = this.wanted;
      const change = changeBetween(this.current, next);
      try {
        await this.check(next);
        if (change === 'none') await this.settle(next);
        else if (await this.waitForTurn(next)) await this.reload(next, change);
      } catch (error) {
        this.refuse(next, error as Error);
      }
    }
  }

  /** @returns false when there is a newer document, or the end has come */
  private async waitForTurn(next: EgressProxyDocument): Promise<boolean> {
    for (;;) {
      if (this.wanted !== next || this.stopping.signal.aborted) return false;
      const wait = untilTurn(Date.now(), this.parts.index, next.reload);
      if (wait === 0) return true;
      await this.pause(Math.min(wait, 1_000));
    }
  }

  private async reload(next: EgressProxyDocument, change: DocumentChange): Promise<void> {
    const { log, work } = this.parts;
    const before = this.current;
    this.reloading = true;
    try {
      log.info({ event: 'reload', change, lists: next.allowLists.length }, 'reloading');
      await this.pause(next.reload.drainMs);
      if (this.stopping.signal.aborted) return;
      await rename(work.nextConf, work.conf);
      this.current = next;
      if (await this.apply(change)) {
        await work.keep(next);
        log.info({ event: 'reloaded', change, lists: next.allowLists.length }, 'reloaded');
        return;
      }
      this.current = before;
      await this.check(before);
      await rename(work.nextConf, work.conf);
      await this.apply('restart');
      throw new Error('Squid did not serve with it; the last good one is back');
    } finally {
      this.reloading = false;
    }
  }

  private async apply(change: DocumentChange): Promise<boolean> {
    const { squid } = this.parts;
    if (change === 'reconfigure') {
      squid.reconfigure();
    } else {
      await squid.stop();
      squid.start();
    }
    return this.parts.waitUntilServing(SERVES_WITHIN_MS);
  }

  private async settle(next: EgressProxyDocument): Promise<void> {
    this.current = next;
    await this.parts.work.keep(next);
  }

  private async check(document: EgressProxyDocument): Promise<void> {
    await writeFile(this.parts.work.nextConf, squidConf(document, this.parts.files));
    await this.parts.check(this.parts.work.nextConf);
  }

  private refuse(document: EgressProxyDocument, error: Error): void {
    if (this.wanted === document) this.wanted = this.current;
    this.parts.log.error(
      { event: 'document-refused', err: error },
      'the document is refused, the last good one stays in force',
    );
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
