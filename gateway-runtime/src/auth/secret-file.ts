import { readFile } from 'node:fs/promises';
import type { Logger } from '@agentyard/runtime-kit';

/** What a mounted secret is, and what is said when there is none. */
export interface SecretKind<T> {
  /** What is made of the text; `undefined` if that is no such secret. */
  readonly parse: (text: string) => T | undefined;
  /** What it is, for people. */
  readonly what: string;
  /** What its text has to be. */
  readonly form: string;
  /** Stable name of the log line when there is none, and what it says. */
  readonly event: string;
  readonly consequence: string;
}

export interface SecretFileOptions {
  readonly log: Logger;
  /** How often the file is read again, in milliseconds. */
  readonly pollMs: number;
}

/** A secret of the gateway: a mounted file, which may come late and may change. */
export class SecretFile<T> {
  private current: T | undefined;
  private text: string | undefined;
  private fault: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    private readonly file: string,
    private readonly kind: SecretKind<T>,
    private readonly log: Logger,
  ) {}

  /** Reads the file, and reads it again every `pollMs`. */
  public static async open<T>(
    file: string,
    kind: SecretKind<T>,
    { log, pollMs }: SecretFileOptions,
  ): Promise<SecretFile<T>> {
    const secret = new SecretFile(file, kind, log);
    await secret.watch(pollMs);
    return secret;
  }

  /** The secret; absent while the file is missing, or holds none. */
  public get value(): T | undefined {
    return this.current;
  }

  /** Why there is no secret, if so. */
  public unready(): string | undefined {
    return this.fault;
  }

  /** Stops reading. */
  public close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async watch(pollMs: number): Promise<void> {
    await this.read();
    if (!this.closed) this.timer = setTimeout(() => void this.watch(pollMs), pollMs).unref();
  }

  private async read(): Promise<void> {
    try {
      const text = await readFile(this.file, 'utf8');
      if (text === this.text) return;
      this.text = text;
      // Many tools end what they write with a line break.
      this.take(this.kind.parse(text.replace(/\r?\n$/, '')), this.kind.form);
    } catch (error) {
      this.text = undefined;
      this.take(undefined, `it cannot be read: ${(error as NodeJS.ErrnoException).code}`);
    }
  }

  /** Each fault is logged once. */
  private take(secret: T | undefined, reason: string): void {
    this.current = secret;
    const fault = secret === undefined ? `${this.kind.what}: ${reason}` : undefined;
    if (fault !== undefined && fault !== this.fault) {
      this.log.error({ event: this.kind.event, file: this.file, fault }, this.kind.consequence);
    }
    this.fault = fault;
  }
}
