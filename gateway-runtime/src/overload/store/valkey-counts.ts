import { readFile } from 'node:fs/promises';
import { localPath, type LocalHosts, type LocalOverlay, type Logger } from '@agentyard/runtime-kit';
import type { SharedStore } from 'agentyard/contract';
import type { Verdict } from '../gcra.js';
import type { AppliedRate } from '../local-rates.js';
import { ADD, RESERVE, TAKE, type Script } from './scripts.js';
import { StoreDownError, type DayAmount, type SharedCounts } from './shared-counts.js';

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

/** Counts in a Valkey or Redis. */
export class ValkeyCounts implements SharedCounts {
  /**
   * Begins to connect; whether that succeeds shows with the first question.
   *
   * @param prefix of all keys
   */
  public static async open(store: SharedStore, prefix: string, access: StoreAccess): Promise<ValkeyCounts> {
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
    return new ValkeyCounts(
      (...command) => client.sendCommand(command),
      () => client.destroy(),
      store.timeoutMs,
      prefix,
    );
  }

  private sparedUntil = 0;

  private constructor(
    private readonly send: Send,
    private readonly end: () => void,
    private readonly timeoutMs: number,
    private readonly prefix: string,
  ) {}

  public async take(rates: readonly AppliedRate[]): Promise<Verdict[]> {
    const keys = rates.map(({ name, count }) => `rate:${name}:${count}`);
    const answer = await this.run(
      TAKE,
      keys,
      rates.flatMap(({ cells }) => [cells.intervalMs, cells.burst]),
    );
    if (!Array.isArray(answer) || answer.length !== rates.length * 2) throw new StoreDownError('its answer is none');
    return rates.map((_rate, i) => {
      const [wait, remaining] = [Number(answer[2 * i]), Number(answer[2 * i + 1])];
      return { allowed: wait === 0, emptyAt: 0, remaining, retryAfterMs: wait / 1_000 };
    });
  }

  public async reserve(amounts: readonly DayAmount[]): Promise<number> {
    const keys = amounts.map(({ count }) => `quota:${count}`);
    const numbers = amounts.flatMap(({ limit, reserve }) => [limit, reserve]);
    return Number(await this.run(RESERVE, keys, numbers));
  }

  public async add(count: string, amount: number): Promise<void> {
    await this.run(ADD, [`quota:${count}`], [amount]);
  }

  public close(): void {
    try {
      this.end();
    } catch {
      // It was never connected.
    }
  }

  private async run({ text, sha1 }: Script, keys: readonly string[], numbers: readonly number[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys.map((key) => this.prefix + key), ...numbers.map(String)];
    try {
      return await this.ask('EVALSHA', sha1, ...rest);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw new StoreDownError((error as Error).message);
    }
    return this.ask('EVAL', text, ...rest).catch((error: Error) => {
      throw new StoreDownError(error.message);
    });
  }

  private ask(...command: string[]): Promise<unknown> {
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

function backOff(retries: number): number {
  return Math.min(2_000, 50 * 2 ** Math.min(retries, 6));
}

/** Read anew for each connection, since a mounted Secret may have changed. */
async function credentialsOf({ username, passwordFile }: SharedStore, overlay: LocalOverlay | undefined) {
  if (passwordFile === undefined) return {};
  const password = (await readFile(localPath(passwordFile, overlay), 'utf8')).trim();
  return { ...(username !== undefined && { username }), password };
}
