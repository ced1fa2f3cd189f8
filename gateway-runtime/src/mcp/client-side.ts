import type { JsonObject } from './wire/json-rpc.js';
import type { ClientSession } from './session/client-session.js';

/** What a client says of itself, and what it can be asked. */
export interface ClientSide {
  readonly era: 'modern' | 'legacy';
  /** The revision that it speaks. */
  readonly revision: string;
  /** What it can be asked; nothing for a client of the legacy era without a session. */
  readonly capabilities: JsonObject;
  readonly info?: JsonObject;
  /** From which level on it wants log messages; absent: none. */
  readonly logLevel?: string;
  /** Of the legacy era. */
  readonly session?: ClientSession;
}
