import { randomUUID } from 'node:crypto';
import { ValkeyConnection, valkeyScript, type StoreAccess } from '@agentyard/runtime-kit';
import type { SharedStore } from 'agentyard/contract';
import type { Release, StateKey, StateStore } from './state-store.js';

/** Ends a lock that is still the one that was taken. */
const UNLOCK = valkeyScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/** Keeps a text, and its name in the list of its kind until it ends. Arguments: text, time to live, name. */
const WRITE_LISTED = valkeyScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[3])
return 1
`);

/** The names of a list that have not ended. */
const LIST = valkeyScript(`
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
return redis.call('ZRANGE', KEYS[1], 0, -1)
`);

/** Keeps texts in a Valkey or Redis, for all replicas. */
export class ValkeyStore implements StateStore {
  /** @param prefix of all keys */
  public static async open(store: SharedStore, prefix: string, access: StoreAccess): Promise<ValkeyStore> {
    return new ValkeyStore(await ValkeyConnection.open(store, access), prefix);
  }

  private constructor(
    private readonly connection: ValkeyConnection,
    private readonly prefix: string,
  ) {}

  public async read(key: StateKey): Promise<string | undefined> {
    const text = await this.connection.ask('GET', this.idOf(key));
    return typeof text === 'string' ? text : undefined;
  }

  public async write(key: StateKey, text: string, ttlMs: number): Promise<void> {
    if (key.kind === 'session') await this.connection.ask('SET', this.idOf(key), text, 'PX', String(ttlMs));
    else
      await this.connection.run(WRITE_LISTED, [this.idOf(key), this.listOf(key.kind)], [text, String(ttlMs), key.name]);
  }

  public async remove(key: StateKey): Promise<void> {
    await this.connection.ask('DEL', this.idOf(key));
    if (key.kind === 'approval') await this.connection.ask('ZREM', this.listOf(key.kind), key.name);
  }

  public async list(kind: 'approval'): Promise<string[]> {
    const names = await this.connection.run(LIST, [this.listOf(kind)], []);
    return Array.isArray(names) ? names.map(String) : [];
  }

  public async lock(key: StateKey, forMs: number): Promise<Release | undefined> {
    const [id, token] = [`${this.idOf(key)}:lock`, randomUUID()];
    const answer = await this.connection.ask('SET', id, token, 'NX', 'PX', String(Math.ceil(forMs)));
    if (answer !== 'OK') return undefined;
    return async () => void (await this.connection.run(UNLOCK, [id], [token]));
  }

  public close(): void {
    this.connection.close();
  }

  private listOf(kind: 'approval'): string {
    return `${this.prefix}${kind}s`;
  }

  private idOf({ kind, name }: StateKey): string {
    return `${this.prefix}${kind}:${name}`;
  }
}
