import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { localPath, StoreDownError, type StoreAccess } from '@agentyard/runtime-kit';
import type { PostgresDatabaseConfig } from 'agentyard/contract';
import type { Pool, PoolConfig } from 'pg';
import type { Release, StateKey, StateStore } from './state-store.js';

const SWEEP_MS = 600_000;
const MOST_CONNECTIONS = 10;

/** What there has to be. Someone else may have made it: then its user needs no right to. */
const TABLES = `
CREATE TABLE IF NOT EXISTS agentyard_state (
  agent text NOT NULL, kind text NOT NULL, name text NOT NULL,
  content text NOT NULL, expires_at timestamptz NOT NULL,
  PRIMARY KEY (agent, kind, name)
);
CREATE TABLE IF NOT EXISTS agentyard_lock (
  agent text NOT NULL, kind text NOT NULL, name text NOT NULL,
  token uuid NOT NULL, expires_at timestamptz NOT NULL,
  PRIMARY KEY (agent, kind, name)
);`;
const ARE_THERE = `SELECT to_regclass('agentyard_state') IS NOT NULL AND to_regclass('agentyard_lock') IS NOT NULL AS there`;

const LATER = `now() + $4::double precision * interval '1 millisecond'`;
const OF_KEY = 'WHERE agent = $1 AND kind = $2 AND name = $3';
const READ = `SELECT content FROM agentyard_state ${OF_KEY} AND expires_at > now()`;
const WRITE = `
INSERT INTO agentyard_state (agent, kind, name, expires_at, content) VALUES ($1, $2, $3, ${LATER}, $5)
ON CONFLICT (agent, kind, name) DO UPDATE SET content = excluded.content, expires_at = excluded.expires_at`;
const REMOVE = `DELETE FROM agentyard_state ${OF_KEY}`;
const LIST = 'SELECT name FROM agentyard_state WHERE agent = $1 AND kind = $2 AND expires_at > now()';
const LOCK = `
INSERT INTO agentyard_lock (agent, kind, name, expires_at, token) VALUES ($1, $2, $3, ${LATER}, $5)
ON CONFLICT (agent, kind, name) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at
WHERE agentyard_lock.expires_at <= now()
RETURNING token`;
const UNLOCK = `DELETE FROM agentyard_lock ${OF_KEY} AND token = $4`;
const SWEEPS = ['agentyard_state', 'agentyard_lock'].map((table) => `DELETE FROM ${table} WHERE expires_at <= now()`);

/** Keeps texts in two tables of a PostgreSQL database, for all replicas. They are made if they are not there. */
export class PostgresStore implements StateStore {
  /** @param agent whose rows they are */
  public static async open(
    database: PostgresDatabaseConfig,
    agent: string,
    access: StoreAccess,
  ): Promise<PostgresStore> {
    // Loaded only where a document has one.
    const { default: pg } = await import('pg');
    const pool = new pg.Pool(await poolConfig(database, access));
    let isDown = false;
    const store = new PostgresStore(pool, agent, (reason) => {
      if (reason !== undefined && !isDown)
        access.log.error({ event: 'store-down', reason }, 'the database cannot be asked');
      if (reason === undefined && isDown) access.log.info({ event: 'store-up' }, 'the database answers');
      isDown = reason !== undefined;
    });
    store.prepare().then(
      () => access.log.info({ event: 'store-up' }, 'the database answers'),
      () => undefined,
    );
    return store;
  }

  private prepared: Promise<void> | undefined;
  private readonly sweeping: NodeJS.Timeout;

  private constructor(
    private readonly pool: Pool,
    private readonly agent: string,
    private readonly note: (reason: string | undefined) => void,
  ) {
    // Of a connection that nobody uses; the next question tells.
    pool.on('error', () => undefined);
    this.sweeping = setInterval(() => void this.sweep().catch(() => undefined), SWEEP_MS).unref();
  }

  public async read(key: StateKey): Promise<string | undefined> {
    const [row] = await this.ask<{ content: string }>(READ, this.idOf(key));
    return row?.content;
  }

  public async write(key: StateKey, text: string, ttlMs: number): Promise<void> {
    await this.ask(WRITE, [...this.idOf(key), ttlMs, text]);
  }

  public async remove(key: StateKey): Promise<void> {
    await this.ask(REMOVE, this.idOf(key));
  }

  public async list(kind: 'approval'): Promise<string[]> {
    return (await this.ask<{ name: string }>(LIST, [this.agent, kind])).map(({ name }) => name);
  }

  public async lock(key: StateKey, forMs: number): Promise<Release | undefined> {
    const token = randomUUID();
    const rows = await this.ask(LOCK, [...this.idOf(key), forMs, token]);
    if (rows.length === 0) return undefined;
    return async () => void (await this.ask(UNLOCK, [...this.idOf(key), token]));
  }

  public close(): void {
    clearInterval(this.sweeping);
    this.pool.end().catch(() => undefined);
  }

  private async sweep(): Promise<void> {
    for (const statement of SWEEPS) await this.ask(statement, []);
  }

  private async ask<Row>(statement: string, values: readonly unknown[]): Promise<Row[]> {
    await this.prepare();
    return this.query<Row>(statement, values);
  }

  private prepare(): Promise<void> {
    const preparing = (this.prepared ??= this.makeTables());
    // The next question tries again.
    preparing.catch(() => {
      if (this.prepared === preparing) this.prepared = undefined;
    });
    return preparing;
  }

  private async makeTables(): Promise<void> {
    const [found] = await this.query<{ there: boolean }>(ARE_THERE, []);
    if (found?.there !== true) await this.query(TABLES);
  }

  private async query<Row>(statement: string, values?: readonly unknown[]): Promise<Row[]> {
    try {
      const { rows } = await this.pool.query(statement, values && [...values]);
      this.note(undefined);
      return rows as Row[];
    } catch (error) {
      // Its words may repeat what was to be kept.
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code ?? (/timeout/.test(message) ? 'no answer in time' : 'unknown reason');
      this.note(reason);
      throw new StoreDownError(reason);
    }
  }

  private idOf({ kind, name }: StateKey): [agent: string, kind: string, name: string] {
    return [this.agent, kind, name];
  }
}

async function poolConfig(
  { host, port, database, username, passwordFile, tls, timeoutMs }: PostgresDatabaseConfig,
  { overlay, hosts }: StoreAccess,
): Promise<PoolConfig> {
  const [local] = hosts?.addressesOf(host, port) ?? [];
  const [address = host, at = String(port)] = local?.split(':') ?? [];
  const ca = tls?.caFile === undefined ? undefined : await readFile(localPath(tls.caFile, overlay), 'utf8');
  return {
    host: address,
    port: Number(at),
    database,
    user: username,
    // Read anew for each connection, since a mounted Secret may have changed.
    password:
      passwordFile === undefined ? '' : async () => (await readFile(localPath(passwordFile, overlay), 'utf8')).trim(),
    ssl: tls !== undefined && { ca, servername: host },
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'agentyard',
    allowExitOnIdle: true,
  };
}
