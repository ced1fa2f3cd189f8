import { readFile } from 'node:fs/promises';
import type { SharedStore } from 'agentyard/contract';
import { localPath, type LocalHosts, type LocalOverlay } from '../local-overlay.js';
import type { Logger } from '../logger.js';
import { StoreDownError } from './store-down-error.js';
import type { ValkeyScript } from './valkey-script.js';

/** Sends a command to the server. */
type Send = (...command: string[]) => Promise<unknown>;

/** How long a store is not asked that gave no answer in time, in milliseconds. */
const SPARED_MS = 1_000;

/** Questions that wait for an answer at most. */
const MOST_QUESTIONS = 10_000;

/** What a store is reached with. */
export interface StoreAccess {
  readonly overlay: LocalOverlay | undefined;
  /** Where Services of a local platform are. */
  readonly hosts: LocalHosts | undefined;
  readonly log: Logger;
}

/** A connection to a Valkey or Redis. It is made anew when it is lost; meanwhile questions fail at once. */
export class ValkeyConnection {
  /** Begins to connect; whether that succeeds shows with the first question. */
  public static async open(store: SharedStore, access: StoreAccess): Promise<ValkeyConnection> {
    // Loaded only where a document has a store.
    const { createClient } = await import('@redis/client');
    const { overlay, hosts, log } = access;
    const [local] = hosts?.addressesOf(store.host, store.port) ?? [];
    const [host = store.host, port = String(store.port)] = local?.split(':') ?? [];
    const common = { host, port: Number(port), connectTimeout: 5_000, reconnectStrategy: backOff };
    const ca = store.tls?.caFile === undefined ? undefined : await readFile(localPath(store.tls.caFile, overlay));
    const client = createClient({
      socket: store.tls === undefined ? common : { ...common, tls: true as const, servername: store.host, ca },
      database: store.database,
      RESP: 2,
      disableOfflineQueue: true,
      commandsQueueMaxLength: MOST_QUESTIONS,
      credentialsProvider: {
        type: 'async-credentials-provider',
        credentials: async () => credentialsOf(store, overlay),
      },
    });
    let isDown = false;
    client.on('error', (error: Error) => {
      if (!isDown) log.error({ event: 'store-down', reason: error.message }, 'the shared store cannot be asked');
      isDown = true;
    });
    client.on('ready', () => {
      log.info({ event: 'store-up' }, 'the shared store answers');
      isDown = false;
    });
    client.connect().catch(() => undefined);
    return new ValkeyConnection(
      (...command) => client.sendCommand(command),
      () => client.destroy(),
      store.timeoutMs,
    );
  }

  private sparedUntil = 0;

  private constructor(
    private readonly send: Send,
    private readonly end: () => void,
    private readonly timeoutMs: number,
  ) {}

  /** Asks a command. @throws StoreDownError without an answer in the store's time, and for an error of the server */
  public async ask(...command: string[]): Promise<unknown> {
    return this.timed(command).catch(down);
  }

  /** Runs a script, which is sent in full only to a server that does not know it. @throws StoreDownError */
  public async run({ text, sha1 }: ValkeyScript, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.timed(['EVALSHA', sha1, ...rest]);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) return down(error as Error);
    }
    return this.ask('EVAL', text, ...rest);
  }

  public close(): void {
    try {
      this.end();
    } catch {
      // It was never connected.
    }
  }

  private timed(command: readonly string[]): Promise<unknown> {
    const now = performance.now();
    if (now < this.sparedUntil) return Promise.reject(new StoreDownError('it gave no answer a moment ago'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.sparedUntil = performance.now() + SPARED_MS;
        reject(new StoreDownError(`no answer within ${this.timeoutMs} ms`));
      }, this.timeoutMs);
      this.send(...command)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }
}

function down(error: Error): never {
  throw error instanceof StoreDownError ? error : new StoreDownError(error.message);
}

function backOff(retries: number): number {
  return Math.min(2_000, 50 * 2 ** Math.min(retries, 6));
}

/** Read anew for each connection, since a mounted Secret may have changed. */
async function credentialsOf({ username, passwordFile }: SharedStore, overlay: LocalOverlay | undefined) {
  if (passwordFile === undefined) return {};
  const password = (await readFile(localPath(passwordFile, overlay), 'utf8')).trim();
  return { ...(username !== undefined && { username }), password };
}
