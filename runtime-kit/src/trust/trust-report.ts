import type { KeptObject } from './trust-cluster.js';

/** Something that was done, or noticed and passed over. Names and ids of keys alone. */
export type TrustStep =
  | {
      readonly event: 'bundle-written';
      readonly object: KeptObject;
      /** Ids of the keys that are new in it, and of those that have left it. */
      readonly added: readonly string[];
      readonly removed: readonly string[];
      /** What was wrong with the content that it replaces, if that could not be read. */
      readonly broken?: string;
    }
  | {
      readonly event: 'key-made';
      readonly object: KeptObject;
      readonly issuer: string;
      readonly kid: string;
      /** From when it signs, UTC. */
      readonly usableFrom: string;
    }
  | {
      readonly event: 'keys-removed';
      readonly object: KeptObject;
      readonly issuer: string;
      readonly kids: readonly string[];
    }
  | {
      readonly event: 'cluster-key-ignored';
      /** Its id, as far as it has one. */
      readonly kid: string;
      readonly reason: string;
    };

/** Something that could not be done. All else was done all the same. */
export interface TrustFault {
  /** Absent: nothing could be done. */
  readonly object?: KeptObject;
  readonly message: string;
  readonly remedy?: string;
}

/** What came of it. */
export interface TrustReport {
  readonly steps: readonly TrustStep[];
  readonly faults: readonly TrustFault[];
}
