import { readFile } from 'node:fs/promises';
import type { Logger } from '@agentyard/runtime-kit';

/** What a client secret may be made of (RFC 6749, A.2), in at most 1024 characters. */
const SECRET = /^[\x20-\x7E]{1,1024}$/;

/** The secret of a client that the gateway is to an issuer: a mounted file, which may come late and may change. */
export class ClientSecret {
  private current: string | undefined;
  private fault: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    private readonly file: string,
    private readonly log: Logger,
  ) {}

  /** Reads the file, and reads it again every `pollMs`. */
  public static async open(
    file: string,
    { log, pollMs }: { readonly log: Logger; readonly pollMs: number },
  ): Promise<ClientSecret> {
    const secret = new ClientSecret(file, log);
    await secret.watch(pollMs);
    return secret;
  }

  /** The secret; absent while the file is missing, or holds none. */
  public get value(): string | undefined {
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
      // Many tools end what they write with a line break.
      const text = (await readFile(this.file, 'utf8')).replace(/\r?\n$/, '');
      this.take(SECRET.test(text) ? text : undefined, 'it is no secret: 1 to 1024 characters of ASCII in one line');
    } catch (error) {
      this.take(undefined, `it cannot be read: ${(error as NodeJS.ErrnoException).code}`);
    }
  }

  /** Each fault is logged once. */
  private take(secret: string | undefined, reason: string): void {
    this.current = secret;
    const fault = secret === undefined ? `the client secret of an issuer: ${reason}` : undefined;
    if (fault !== undefined && fault !== this.fault) {
      this.log.error({ event: 'client-secret-unreadable', file: this.file, fault }, 'an issuer cannot be asked');
    }
    this.fault = fault;
  }
}
