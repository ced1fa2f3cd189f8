import { z } from 'zod';
import { questionTime, serverAccess } from './server-access';

/** A store that all replicas of a gateway, or of an agent, share. */
export const sharedStore = z
  .strictObject({
    kind: z.literal('valkey').describe('Valkey, or Redis from 6.2 on: one server, no cluster.'),
    ...serverAccess,
    username: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('User of its access control list; absent: the default one.'),
    database: z.int().min(0).max(1_023).default(0).describe('Number of the database.'),
    timeoutMs: questionTime.default(250),
  })
  .describe('What replicas share.');

export type SharedStore = z.output<typeof sharedStore>;
export type SharedStoreInput = z.input<typeof sharedStore>;
