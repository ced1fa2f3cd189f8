/** Environment variable that every process of a call inherits; its value is the call's random id. */
export const CALL_VARIABLE = 'AGENTYARD_CALL';

/** One running process. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** Tells apart two processes that had the same pid; compare for equality only. */
  readonly startTime: string;
  readonly residentBytes: number;
  /** Whether a signal has halted it. */
  readonly isHalted: boolean;
  /** Value of {@link CALL_VARIABLE} in its environment, if it has one that can be read. */
  readonly callId: string | undefined;
}

/** The processes of this machine or container. */
export interface ProcessTable {
  /** All processes that still run; those that have ended and wait to be collected are left out. */
  snapshot(): Promise<readonly ProcessEntry[]>;
}
