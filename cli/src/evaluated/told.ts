import { DocumentsError } from 'agentyard/authorization';
import { NotUnderstoodError } from 'agentyard/reachability';
import { DevError } from '../dev/dev-error.js';
import { printableText } from '../dev/log-line.js';
import type { Terminal } from '../dev/terminal.js';

const UNREADABLE = 1;

/** What is about what was read, and no fault of ours. */
const TOLD = [DevError, DocumentsError, NotUnderstoodError];

/** Runs a command, and says what could not be read. @returns its exit code, 1 if something could not be read */
export async function orTold(terminal: Terminal, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!TOLD.some((kind) => error instanceof kind)) throw error;
    terminal.err(`error: ${printableText((error as Error).message)}\n`);
    return UNREADABLE;
  }
}
