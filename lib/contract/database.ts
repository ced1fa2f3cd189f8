import { z } from 'zod';
import { questionTime, serverAccess } from './server-access';

/** A PostgreSQL database. */
export const postgresDatabase = z
  .strictObject({
    kind: z.literal('postgres').describe('PostgreSQL, from 13 on.'),
    ...serverAccess,
    database: z.string().min(1).max(63).describe('Name of the database.'),
    username: z.string().min(1).max(63),
    timeoutMs: questionTime.default(1_000),
  })
  .describe('Tables of a database that all replicas share.');

export type PostgresDatabaseConfig = z.output<typeof postgresDatabase>;
export type PostgresDatabaseInput = z.input<typeof postgresDatabase>;
