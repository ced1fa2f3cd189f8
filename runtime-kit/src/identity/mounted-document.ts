import path from 'node:path';
import { ContractError, type DocumentDefinition } from 'agentyard/contract';
import { DOCUMENT_VARIABLE, DocumentFile, type DocumentOf } from '../document-file.js';
import type { Logger } from '../logger.js';

export interface PollOptions {
  readonly log: Logger;
  /**
   * How often the file is read again, in milliseconds.
   *
   * @default 1000
   */
  readonly pollMs?: number;
}

/** A document of a mounted directory that may come late and may change. The last good one stays in force. */
export class MountedDocument<D extends DocumentDefinition, T> {
  private current: T | undefined;
  private fault: string | undefined;
  private stop: () => void = () => undefined;

  private constructor(
    private readonly definition: D,
    private readonly use: (document: DocumentOf<D>) => T,
    private readonly log: Logger,
  ) {}

  /**
   * Reads the document, and again whenever it has changed.
   *
   * @param use what is made of a document; what it throws refuses the document
   */
  public static async open<D extends DocumentDefinition, T>(
    definition: D,
    directory: string,
    use: (document: DocumentOf<D>) => T,
    { log, pollMs }: PollOptions,
  ): Promise<MountedDocument<D, T>> {
    const mounted = new MountedDocument(definition, use, log);
    const file = new DocumentFile(definition, undefined, {
      [DOCUMENT_VARIABLE]: path.join(directory, definition.file),
    });
    const take = (document: DocumentOf<D>) => mounted.take(document);
    const refuse = (error: unknown) => mounted.refuse(error);
    await file.read().then(take).catch(refuse);
    mounted.stop = file.watch(take, refuse, pollMs);
    return mounted;
  }

  /** What was made of the last good document; absent while there was none. */
  public get value(): T | undefined {
    return this.current;
  }

  /** Why there is no value, for readiness. */
  public get missing(): string | undefined {
    return this.current === undefined ? `${this.definition.file}: ${this.fault ?? 'not read yet'}` : undefined;
  }

  public close(): void {
    this.stop();
  }

  private take(document: DocumentOf<D>): void {
    const isFirst = this.current === undefined;
    this.current = this.use(document);
    this.fault = undefined;
    if (!isFirst) this.log.info({ event: 'document-changed', document: this.definition.file }, 'document changed');
  }

  /** Says so once of each reason. */
  private refuse(error: unknown): void {
    const reason = reasonOf(error);
    if (reason === this.fault) return;
    this.fault = reason;
    const fields = { event: 'document-refused', document: this.definition.file, reason };
    this.log.error(fields, this.current === undefined ? 'document refused' : 'document refused; the last one stays');
  }
}

/** Without the words of the JSON parser and of the file system, which repeat contents and paths. */
function reasonOf(error: unknown): string {
  if (error instanceof ContractError) {
    return error.faults
      .map(({ path: at, message }) => `${at} ${message.startsWith('not JSON') ? 'is not JSON' : message}`)
      .join('; ');
  }
  return `cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).name})`;
}
