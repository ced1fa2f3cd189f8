import { readFile } from 'node:fs/promises';
import type { Logger } from '../logger.js';

/** Where faults of files go, and how often files are looked at. */
export interface ReloadOptions {
  readonly log: Logger;
  /**
   * How often the files are read again, in milliseconds.
   *
   * @default 1000
   */
  readonly pollMs?: number;
  /** Told once of each set of files that is refused while the last good one stays in force. @default - nobody is */
  readonly onRefusal?: () => void;
}

/** Texts of files, in the order of their names. */
type Texts = readonly (string | undefined)[];

/**
 * Files that belong together, such as a certificate and its key, and what is made of them. They are read again and
 * again, so that the swap of a Secret's link is seen. What cannot be used changes nothing.
 */
export class ReloadedFiles {
  private current: Texts = [];
  private refused: Texts | undefined;
  private hasReported = false;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    private readonly subject: string,
    private readonly files: readonly (string | undefined)[],
    private readonly use: (texts: Texts) => void,
    private readonly options: ReloadOptions,
  ) {}

  /**
   * Uses the files, and uses them again whenever one has changed.
   *
   * @param subject what the files are, for messages
   * @param files paths; an absent one has an absent text
   * @param use throws an Error for files that cannot be used
   * @throws Error that names subject and reason when the files cannot be used at first
   */
  public static async open(
    subject: string,
    files: readonly (string | undefined)[],
    use: (texts: Texts) => void,
    options: ReloadOptions,
  ): Promise<ReloadedFiles> {
    const reloaded = new ReloadedFiles(subject, files, use, options);
    try {
      reloaded.current = await reloaded.read();
      use(reloaded.current);
    } catch (error) {
      throw new Error(`${subject}: ${reasonOf(error)}`, { cause: error });
    }
    reloaded.schedule();
    return reloaded;
  }

  /** Stops reading. */
  public close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => void this.look().then(() => this.schedule()), this.options.pollMs ?? 1_000).unref();
  }

  private async look(): Promise<void> {
    let texts: Texts = [];
    try {
      texts = await this.read();
      if (this.closed) return;
      if (!areEqual(texts, this.current)) {
        this.use(texts);
        this.current = texts;
        this.options.log.info({ event: 'tls-reloaded', subject: this.subject }, 'new TLS files are in force');
      }
      this.refused = undefined;
      this.hasReported = false;
    } catch (error) {
      this.refuse(texts, reasonOf(error));
    }
  }

  /** Files may be caught between two writes, so a fault counts when it is seen a second time; then it is told once. */
  private refuse(texts: Texts, reason: string): void {
    const isKnown = this.refused !== undefined && areEqual(texts, this.refused);
    if (!isKnown) this.hasReported = false;
    this.refused = texts;
    if (!isKnown || this.hasReported) return;
    this.hasReported = true;
    this.options.onRefusal?.();
    const fields = { event: 'tls-refused', subject: this.subject, reason };
    this.options.log.error(fields, 'new TLS files are refused, the old ones stay in force');
  }

  private read(): Promise<Texts> {
    return Promise.all(
      this.files.map((file) => (file === undefined ? Promise.resolve(undefined) : readFile(file, 'utf8'))),
    );
  }
}

function areEqual(a: Texts, b: Texts): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

/** Never contents: what OpenSSL says has none. */
function reasonOf(error: unknown): string {
  const { code, message, syscall, path } = error as NodeJS.ErrnoException;
  return syscall === undefined ? message : `${path ?? 'a file'} cannot be read (${code})`;
}
