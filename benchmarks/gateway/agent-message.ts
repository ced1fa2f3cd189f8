import { INVOKE, MEDIA_TYPES, type Form } from './cell';
import type { HttpMessage } from './http-request';
import { CALL_ARGUMENTS } from './known-tools';

/** The agent that is asked. */
export const AGENT = 'analyst';

/** The request that invokes the agent. It answers as if its answer were that of a tool. */
export function invokeMessage(id: number, tool: string, form: Form): HttpMessage {
  const input = `${tool} ${id} ${CALL_ARGUMENTS.query}`;
  return { path: INVOKE, headers: { accept: MEDIA_TYPES[form] }, body: { agent: AGENT, input } };
}

/** What {@link invokeMessage} says, as the agent gets it. */
export function askedIn(input: string): { readonly tool: string; readonly id: string } {
  const [tool = '', id = ''] = input.split(' ');
  return { tool, id };
}
