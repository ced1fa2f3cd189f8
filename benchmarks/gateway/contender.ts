import type { Operation, Question } from './cell';
import type { Target } from './http-request';

/** What contenders are started with. */
export interface Stage {
  /** Port of the bare upstream. */
  readonly upstreamPort: number;
  readonly upstreamPid: number;
  /** A folder for the files of this contender. */
  readonly folder: string;
}

/** A contender that has been started. */
export interface RunningContender {
  /** Its processes: their CPU time and memory count. */
  readonly pids: readonly number[];
  /** Where a question is asked. */
  targetOf(question: Question): Target;
  /** Ends it. @throws Error when it has not done what it is compared for */
  stop(): Promise<void>;
}

/** Something between a client and the upstream. */
export interface Contender {
  readonly name: string;
  /** Whether it is for such requests. @default - for all */
  readonly takes?: (operation: Operation) => boolean;
  start(stage: Stage): Promise<RunningContender>;
}

/** Those who can be asked. */
export function thoseWhoTake(operation: Operation, contenders: readonly Contender[]): readonly Contender[] {
  return contenders.filter(({ takes }) => takes?.(operation) ?? true);
}

/** Who answers all questions at one port, and needs nothing sent along. */
export function atPort(port: number, pids: readonly number[], stop: () => Promise<void>): RunningContender {
  return { pids, targetOf: () => ({ port, headers: {} }), stop };
}
