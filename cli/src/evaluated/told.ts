import { NotUnderstoodError } from 'agentyard/reachability';
import { DevError } from '../dev/dev-error.js';
import type { Terminal } from '../dev/terminal.js';

const UNREADABLE = 1;

/** Runs a command, and says what could not be read. @returns its exit code, 1 if something could not be read */
export async function orTold(terminal: Terminal, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DevError) && !(error instanceof NotUnderstoodError)) throw error;
    terminal.err(`error: ${error.message}\n`);
    return UNREADABLE;
  }
}
