import { z } from 'zod';
import { CONTRACT_VERSION } from './version';

/** A document of the contract: its kind, its file name and the schema that everything else follows from. */
export interface DocumentDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly kind: string;
  /** The document's file name, for example `agent.json`. */
  readonly file: string;
  readonly schema: Schema;
}

/** The two members that every document begins with. */
export const documentHead = <Kind extends string>(kind: Kind) => ({
  kind: z.literal(kind).describe('What this document configures.'),
  version: z.literal(CONTRACT_VERSION).describe('Version of the contract that the document was written for.'),
});
