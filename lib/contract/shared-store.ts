import { z } from 'zod';
import { absolutePath, host, port } from './fields';

/** A store that all replicas of a gateway share. */
export const sharedStore = z
  .strictObject({
    kind: z.literal('valkey').describe('Valkey, or Redis from 6.2 on: one server, no cluster.'),
    host: host.describe('Host name of the server.'),
    port,
    username: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('User of its access control list; absent: the default one.'),
    passwordFile: absolutePath
      .optional()
      .describe('File that holds the password, read with each connection; absent: none.'),
    tls: z
      .strictObject({
        caFile: absolutePath.optional().describe('File with the authorities that count; absent: the usual ones.'),
      })
      .optional()
      .describe('Absent: the connection is not encrypted.'),
    database: z.int().min(0).max(1_023).default(0).describe('Number of the database.'),
    timeoutMs: z.int().min(1).max(10_000).default(250).describe('How long one question to it may take.'),
  })
  .describe('Where replicas count together.');

export type SharedStore = z.output<typeof sharedStore>;
export type SharedStoreInput = z.input<typeof sharedStore>;
