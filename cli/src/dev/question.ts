import type { InvokeResponse } from 'agentyard/contract';
import { invocation } from '../invoke/invocation.js';
import { Transcript } from '../invoke/transcript.js';
import { DevError } from './dev-error.js';
import { API_KEY_VARIABLE } from './gateway-access.js';
import type { LocalGateway } from './platform.js';
import type { Terminal } from './terminal.js';

/** A question to one agent. */
export interface Question {
  readonly text: string;
  /** Agent to ask; @default - the one that the gateway's routes choose */
  readonly agent?: string;
  /** What the routes' patterns are matched against; @default - the question itself, if no agent is named */
  readonly intent?: string;
}

/**
 * Asks through a gateway of this machine, and shows the answer as it comes.
 *
 * @throws DevError with the gateway's problem, when it does not answer, and when a key is needed and not known
 */
export async function ask(
  gateway: LocalGateway,
  { text, agent, intent }: Question,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<InvokeResponse> {
  const client = { name: gateway.name, url: gateway.url, credential: credentialOf(gateway) };
  const question = { agent, intent: agent === undefined ? (intent ?? text) : intent, input: text };
  const transcript = new Transcript(terminal);
  let answer: InvokeResponse | undefined;
  // Processes of the platform are reached directly.
  for await (const event of invocation(client, question, {}, signal)) answer = transcript.take(event);
  if (answer === undefined) throw new DevError('the answer broke off');
  return answer;
}

function credentialOf({ key = process.env[API_KEY_VARIABLE], document }: LocalGateway): string | undefined {
  if (document.auth.mode === 'none') return undefined;
  if (key === undefined)
    throw new DevError(`the gateway's keys were given as hashes; set ${API_KEY_VARIABLE} to a key of yours`);
  return key;
}
