import { text } from 'node:stream/consumers';
import type { InvokeResponse } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';
import { API_KEY_VARIABLE } from '../dev/gateway-access.js';
import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import { invocation } from './invocation.js';
import { Transcript } from './transcript.js';

/** The answer ended before it was complete, at a limit. */
const ENDED_EARLY = 2;
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
  /** Whether the events are printed, each as a line of JSON, and no text. */
  readonly json?: boolean;
}

/** Asks an agent and shows the answer as it comes. @returns the exit code */
export function runInvoke(options: InvokeOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  return orTold(terminal, async () => {
    const { agent, gateway: url, session: sessionId, json } = options;
    const input = (options.question ?? (await text(process.stdin))).trim();
    if (input === '') throw new DevError('there is no question: give one, or write it to the standard input');
    const gateway = { name: url, url: checkedUrl(url), credential: process.env[API_KEY_VARIABLE] };
    const transcript = new Transcript(terminal);
    let answer: InvokeResponse | undefined;
    try {
      for await (const event of invocation(gateway, { agent, input, sessionId }, process.env, signal)) {
        if (json === true) terminal.out(`${JSON.stringify(event)}\n`);
        else transcript.take(event);
        if (event.type === 'completed') answer = event.response;
      }
    } catch (error) {
      if (signal.aborted) return INTERRUPTED;
      throw error;
    }
    return answer?.stopReason === 'completed' ? 0 : ENDED_EARLY;
  });
}

function checkedUrl(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new DevError(`--gateway ${url}: give the http or https URL of a gateway`);
}
