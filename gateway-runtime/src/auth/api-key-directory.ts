import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { apiKeyDocument, ContractError, parseDocument } from 'agentyard/contract';
import type { Logger, WatchedObject } from '@agentyard/runtime-kit';
import { ApiKey } from './api-key.js';

/** A file that was read. */
interface KeyFile {
  readonly text: string;
  readonly key: ApiKey;
}

/** One entry of the Secret: its text, or why there is none. */
interface Entry {
  readonly name: string;
  readonly text: string | Error;
}

export interface ApiKeyOptions {
  readonly log: Logger;
  /** How often the keys are read again, in milliseconds. */
  readonly pollMs: number;
  /** The Secret itself, where it is watched: what it has counts in the place of what is mounted. */
  readonly watched?: Pick<WatchedObject, 'data'>;
}

/** The API keys of a mounted Secret: one ApiKey document per file. */
export class ApiKeyDirectory {
  private keys: ReadonlyMap<string, ApiKey> = new Map();
  /** Good files by name: what has not changed is not parsed again with every reading. */
  private files: ReadonlyMap<string, KeyFile> = new Map();
  private fault: string | undefined = 'the API keys have not been read';
  /** Faults by file, so that each is logged once and not with every reading. */
  private faults: ReadonlyMap<string, string> = new Map();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    private readonly directory: string,
    private readonly options: ApiKeyOptions,
  ) {}

  /** Reads the keys, and reads them again every `pollMs`. */
  public static async open(directory: string, options: ApiKeyOptions): Promise<ApiKeyDirectory> {
    const keys = new ApiKeyDirectory(directory, options);
    await keys.watch(options.pollMs);
    return keys;
  }

  /** Stops reading. */
  public close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** The key of an id, if there is one. */
  public find(id: string): ApiKey | undefined {
    return this.keys.get(id);
  }

  /** Why no key can be checked, if so. */
  public unready(): string | undefined {
    return this.fault;
  }

  private async watch(pollMs: number): Promise<void> {
    await this.read();
    if (!this.closed) this.timer = setTimeout(() => void this.watch(pollMs), pollMs).unref();
  }

  private async read(): Promise<void> {
    try {
      this.take(this.watchedEntries() ?? (await this.mountedEntries()));
      this.fault = undefined;
    } catch (error) {
      this.keys = new Map();
      const fault = `the directory of API keys cannot be read: ${(error as NodeJS.ErrnoException).code}`;
      if (fault !== this.fault) this.options.log.error({ event: 'keys-unreadable', directory: this.directory }, fault);
      this.fault = fault;
    }
  }

  private watchedEntries(): readonly Entry[] | undefined {
    const { data } = this.options.watched ?? {};
    return data && [...data].map(([name, text]) => ({ name, text }));
  }

  private async mountedEntries(): Promise<readonly Entry[]> {
    // A Secret's volume holds its files as links into directories whose names begin with "..".
    const names = (await readdir(this.directory)).filter((name) => !name.startsWith('..')).sort();
    return Promise.all(names.map(async (name) => ({ name, text: await this.textOf(name) })));
  }

  /** Text of a file, or the error; a file may be removed between listing and reading. */
  private async textOf(name: string): Promise<string | Error> {
    return readFile(path.join(this.directory, name), 'utf8').catch((error: Error) => error);
  }

  private take(files: readonly Entry[]): void {
    const keys = new Map<string, ApiKey>();
    const good = new Map<string, KeyFile>();
    const faults = new Map<string, string>();
    for (const { name, text } of files) {
      try {
        if (text instanceof Error) throw text;
        const last = this.files.get(name);
        const key = last?.text === text ? last.key : new ApiKey(parseDocument(apiKeyDocument, text));
        if (keys.has(key.id)) throw new Error('another file has a key of the same id');
        keys.set(key.id, key);
        good.set(name, { text, key });
      } catch (error) {
        faults.set(name, describe(error as Error));
      }
    }
    for (const [file, fault] of faults) {
      if (this.faults.get(file) !== fault)
        this.options.log.error({ event: 'key-refused', file, fault }, 'an API key is not valid and does not count');
    }
    this.keys = keys;
    this.files = good;
    this.faults = faults;
  }
}

/** A fault without the text that it was found in. */
function describe(error: Error): string {
  if (!(error instanceof ContractError)) return (error as NodeJS.ErrnoException).code ?? error.message;
  return error.faults.map(({ path: at, message }) => `${at}: ${message}`).join('; ');
}
