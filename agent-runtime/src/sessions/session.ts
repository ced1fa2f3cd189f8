import { HttpProblem, StoreDownError, type Logger } from '@agentyard/runtime-kit';
import type { SessionsConfig } from 'agentyard/contract';
import type { ModelMessage } from 'ai';
import type { PausedRun, Resumption } from './paused-run.js';
import { contentOf, sessionText, type SessionContent } from './session-text.js';
import type { Release, StateKey, StateStore } from './state-store.js';

/** Whose a session is. */
export interface SessionOwner {
  /** As `Invoker.owner`. */
  readonly owner: string;
  /** As `Invoker.ownerName`. */
  readonly ownerName: string;
}

/** A session that was taken for a request. */
export interface TakenSession {
  /** Whose it is. */
  readonly owner: SessionOwner;
  /** Its name. */
  readonly id: string;
  /** Whether the request has named it; one that it has not is kept only while a run waits. */
  readonly isNamed: boolean;
  readonly key: StateKey;
  readonly release: Release;
  /** As it was kept; absent: it begins. */
  readonly text: string | undefined;
}

/** A session while a request is at work on it: nobody else is. */
export class Session {
  private readonly content: SessionContent;
  private isKept = false;
  private ending: Promise<void> | undefined;
  /** What goes on in it; absent: something new is asked. */
  public resumption: Resumption | undefined;

  public constructor(
    private readonly taken: TakenSession,
    private readonly store: StateStore,
    private readonly config: Pick<SessionsConfig, 'ttlMs' | 'maxBytes'>,
    private readonly log: Logger,
  ) {
    this.content = taken.text === undefined ? { messages: [] } : contentOf(taken.text);
  }

  public get owner(): SessionOwner {
    return this.taken.owner;
  }

  /** What was said in it, oldest first. */
  public get history(): readonly ModelMessage[] {
    return this.content.messages;
  }

  /** What waits in it for approval. */
  public get paused(): PausedRun | undefined {
    return this.content.paused;
  }

  /** Its name, if what was said last has been kept. */
  public get keptAs(): string | undefined {
    return this.isKept ? this.taken.id : undefined;
  }

  /** Keeps what was said, if it can be: a store that is down costs the session, not the answer. */
  public async keep(messages: readonly ModelMessage[]): Promise<void> {
    if (!this.taken.isNamed) return;
    const text = sessionText({ messages }, this.config.maxBytes);
    if (text === undefined) {
      this.log.warn(
        { event: 'session-too-large', maxBytes: this.config.maxBytes },
        'an exchange is too large to be kept',
      );
      return;
    }
    try {
      await this.store.write(this.taken.key, text, this.config.ttlMs);
      await this.noteKept();
    } catch (error) {
      this.notKept(error);
    }
  }

  /** Keeps a run that waits. @throws HttpProblem `sessions-unavailable` if it cannot: nobody could go on with it */
  public async pause(messages: readonly ModelMessage[], paused: PausedRun, ttlMs: number): Promise<void> {
    await this.write({ messages, paused }, Math.max(ttlMs, this.config.ttlMs));
    await this.noteKept();
  }

  /** Notes that the run goes on, before any of its calls is made. @throws HttpProblem `sessions-unavailable` */
  public async markResumed(): Promise<void> {
    const { messages, paused } = this.content;
    if (paused !== undefined) await this.write({ messages, paused: { ...paused, isResumed: true } }, this.config.ttlMs);
  }

  /** Lets others at it. */
  public end(): Promise<void> {
    return (this.ending ??= this.taken.release().catch((error: Error) => {
      this.log.warn({ event: 'session-locked', reason: error.message }, 'the session is free again after a while only');
    }));
  }

  private async write(content: SessionContent, ttlMs: number): Promise<void> {
    const text = sessionText(content, this.config.maxBytes);
    if (text === undefined) {
      throw new HttpProblem('sessions-unavailable', 'The run is too large to be kept: raise maxSize of the sessions.');
    }
    try {
      await this.store.write(this.taken.key, text, ttlMs);
    } catch (error) {
      if (!(error instanceof StoreDownError)) throw error;
      this.notKept(error);
      throw new HttpProblem('sessions-unavailable');
    }
  }

  private async noteKept(): Promise<void> {
    this.isKept = true;
    await this.resumption?.forget();
  }

  private notKept(error: unknown): void {
    this.log.error({ event: 'session-not-kept', reason: (error as Error).message }, 'the session was not kept');
  }
}
