import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { InvokeResponse } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';
import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import { gatewayAt } from '../gateway-client/gateway-client.js';
import { invocation } from './invocation.js';
import { Transcript } from './transcript.js';

/** The answer ended before it was complete, at a limit. */
const ENDED_EARLY = 2;
/** It waits for approval. */
const WAITS = 3;
/** As of a command that SIGINT has ended. */
const INTERRUPTED = 130;

/** What `agentyard invoke` is asked to do. */
export interface InvokeOptions {
  /** Agent to ask. */
  readonly agent: string;
  /** What to ask; absent: what stands in the standard input. */
  readonly question: string | undefined;
  /** Base URL of the gateway. */
  readonly gateway: string;
  /** @default - none */
  readonly session?: string;
  /** Whether it goes on with what waited in the session for approval, and asks nothing. @default false */
  readonly resume?: boolean;
  /** Whether the events are printed, each as a line of JSON, and no text. */
  readonly json?: boolean;
}

/** Asks an agent and shows the answer as it comes. @returns the exit code */
export function runInvoke(options: InvokeOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  return orTold(terminal, async () => {
    const { agent, gateway: url, session: sessionId, json } = options;
    const client = gatewayAt(url);
    const transcript = new Transcript(terminal);
    let answer: InvokeResponse | undefined;
    try {
      const input = options.resume === true ? resumed(options) : await questionOf(options, signal);
      for await (const event of invocation(client, { agent, input, sessionId }, process.env, signal)) {
        if (json === true) terminal.out(`${JSON.stringify(event)}\n`);
        else transcript.take(event);
        if (event.type === 'completed') answer = event.response;
      }
    } catch (error) {
      if (signal.aborted) return INTERRUPTED;
      throw error;
    }
    return exitCodeOf(answer);
  });
}

function exitCodeOf(answer: InvokeResponse | undefined): number {
  if (answer?.stopReason === 'completed') return 0;
  return answer?.stopReason === 'approval-required' ? WAITS : ENDED_EARLY;
}

function resumed({ session, question }: InvokeOptions): undefined {
  if (session === undefined) throw new DevError('--resume: name the session that waits, with --session');
  if (question !== undefined) throw new DevError('--resume: it goes on with what was asked; leave the question out');
}

async function questionOf({ question }: InvokeOptions, signal: AbortSignal): Promise<string> {
  const input = (question ?? (await text(addAbortSignal(signal, process.stdin)))).trim();
  if (input === '') throw new DevError('there is no question: give one, or write it to the standard input');
  return input;
}
