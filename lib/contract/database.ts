import { z } from 'zod';
import { absolutePath, host, port } from './fields';

/** A PostgreSQL database. */
export const postgresDatabase = z
  .strictObject({
    kind: z.literal('postgres').describe('PostgreSQL, from 13 on.'),
    host: host.describe('Host name of the server.'),
    port,
    database: z.string().min(1).max(63).describe('Name of the database.'),
    username: z.string().min(1).max(63),
    passwordFile: absolutePath
      .optional()
      .describe('File that holds the password, read with each connection; absent: none.'),
    tls: z
      .strictObject({
        caFile: absolutePath.optional().describe('File with the authorities that count; absent: the usual ones.'),
      })
      .optional()
      .describe('Absent: the connection is not encrypted.'),
    timeoutMs: z.int().min(1).max(10_000).default(1_000).describe('How long one question to it may take.'),
  })
  .describe('Tables of a database that all replicas share.');

export type PostgresDatabaseConfig = z.output<typeof postgresDatabase>;
export type PostgresDatabaseInput = z.input<typeof postgresDatabase>;
