/** What a check has come to: `info` is a fact that is neither right nor wrong. */
export type CheckStatus = 'ok' | 'failed' | 'unknown' | 'info';

/** One thing that was looked into. */
export interface Check {
  /** Stable name, for programs. */
  readonly id: string;
  readonly status: CheckStatus;
  /** What was seen. */
  readonly detail: string;
  /** What to do; absent if there is nothing to do. */
  readonly remedy?: string;
}

const EXIT_FAILED = 1;
/** Also the exit code of a command that could not look at all. */
export const EXIT_UNKNOWN = 2;

/** 0 if all is well, 1 if something has failed, 2 if something could not be found out. */
export function exitCodeOf(checks: readonly Check[]): number {
  if (checks.some(({ status }) => status === 'failed')) return EXIT_FAILED;
  return checks.some(({ status }) => status === 'unknown') ? EXIT_UNKNOWN : 0;
}
