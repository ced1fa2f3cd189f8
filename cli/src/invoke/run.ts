import { addAbortSignal } from 'node:stream';
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
    const client = { name: url, url: checkedUrl(url), credential: credential() };
    const transcript = new Transcript(terminal);
    let answer: InvokeResponse | undefined;
    try {
      const input = (options.question ?? (await text(addAbortSignal(signal, process.stdin)))).trim();
      if (input === '') throw new DevError('there is no question: give one, or write it to the standard input');
      for await (const event of invocation(client, { agent, input, sessionId }, process.env, signal)) {
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

/** What is wrong is said without saying it, since it may be a key. */
function credential(): string | undefined {
  const given = (process.env[API_KEY_VARIABLE] ?? '').trim();
  if (/[^\x21-\x7e]/.test(given)) throw new DevError(`${API_KEY_VARIABLE} holds what no key or token has`);
  return given === '' ? undefined : given;
}

function checkedUrl(text: string): string {
  const url = /^https?:\/\//.test(text) ? URL.parse(text) : null;
  if (url === null) throw new DevError(`--gateway ${text}: give the http or https URL of a gateway`);
  if (url.username === '' && url.password === '') return text;
  throw new DevError(`--gateway: put the key into ${API_KEY_VARIABLE}, not into the URL`);
}
