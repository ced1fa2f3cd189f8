import { z } from 'zod';
import { postgresDatabase } from './database';
import { absolutePath, bytes } from './fields';
import { sharedStore } from './shared-store';

const HOUR_MS = 3_600_000;

/** The longest time that anything is kept. */
export const LONGEST_KEPT_MS = 90 * 24 * HOUR_MS;

/** How long something is kept, in milliseconds. */
export const keptFor = z.int().min(1_000).max(LONGEST_KEPT_MS);

const memory = z
  .strictObject({ kind: z.literal('memory') })
  .describe('Memory of the pod: gone with it, and of no use to another replica.');

const volume = z
  .strictObject({ kind: z.literal('volume'), directory: absolutePath.describe('Folder of files that it may write.') })
  .describe('Files on a volume of the one replica.');

/** Where an agent keeps what is said in a session. */
export const sessions = z
  .strictObject({
    store: z.discriminatedUnion('kind', [memory, volume, sharedStore, postgresDatabase]),
    ttlMs: keptFor.default(24 * HOUR_MS).describe('How long a session is kept after its last answer.'),
    maxBytes: bytes
      .min(1_024)
      .max(16 * 1024 * 1024)
      .default(256 * 1024)
      .describe('Largest session, as JSON: what is said first is left out of one that is larger.'),
  })
  .describe('Conversations that the agent keeps; absent: it keeps none.');

export type SessionsConfig = z.output<typeof sessions>;
export type SessionsInput = z.input<typeof sessions>;
