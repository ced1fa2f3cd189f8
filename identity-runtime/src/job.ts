import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentDefinition } from 'agentyard/contract';
import {
  createLogger,
  DocumentFile,
  EXIT_CONFIG,
  readLocalOverlay,
  reportFatal,
  writeLastLine,
  type DocumentOf,
  type Logger,
} from '@agentyard/runtime-kit';

/** Exit code of a job that has not done all: it may succeed when it is tried again. */
const EXIT_UNFINISHED = 1;

/** What a job gets to work with. */
export interface JobContext<D extends DocumentDefinition> {
  readonly document: DocumentOf<D>;
  readonly log: Logger;
}

/** What a job is. */
export interface Job<D extends DocumentDefinition> {
  /** What it is called in logs and on the command line. */
  readonly name: string;
  readonly definition: D;
  /** Longest time that it may take, in milliseconds. */
  readonly deadlineMs: number;
  /** Does it once. @returns whether all was done; what was not is logged */
  run(context: JobContext<D>): Promise<boolean>;
}

/** The members that every job's document has. */
interface JobDocument {
  readonly name: string;
  readonly namespace: string;
}

/**
 * The main function of a job's process: reads the document, does the job once, and ends the process. Exit codes: 0 if all
 * was done, 1 if something was not, 78 for a document that is refused.
 */
export async function runJob<D extends DocumentDefinition>(job: Job<D>): Promise<void> {
  // The first process of a container ignores signals that it does not handle.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(EXIT_UNFINISHED));
  const document = await documentOf(job);
  const { name, namespace } = document as unknown as JobDocument;
  const log = createLogger({ component: job.name, name, namespace });
  const isDone = await Promise.race([job.run({ document, log }), late(job)]).catch((error: unknown) => {
    log.error({ event: 'failed', reason: (error as Error).message }, 'failed');
    return false;
  });
  await writeLastLine(log, { event: 'ended', done: isDone }, isDone ? 'all is done' : 'not all is done');
  process.exit(isDone ? 0 : EXIT_UNFINISHED);
}

async function documentOf<D extends DocumentDefinition>({ name, definition }: Job<D>): Promise<DocumentOf<D>> {
  try {
    return await new DocumentFile(definition, readLocalOverlay()).read();
  } catch (error) {
    reportFatal(name, error);
    process.exit(EXIT_CONFIG);
  }
}

async function late({ deadlineMs }: Pick<Job<DocumentDefinition>, 'deadlineMs'>): Promise<never> {
  await sleep(deadlineMs);
  throw new Error(`not done within ${deadlineMs / 1000} s`);
}
