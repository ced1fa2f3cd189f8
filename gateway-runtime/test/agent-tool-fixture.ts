import type { ServerResponse } from 'node:http';
import type { HostMap } from '@agentyard/runtime-kit';
import type { GatewayDocumentInput, InvokeResponse, StreamEvent } from 'agentyard/contract';
import {
  agent,
  answerJson,
  apiKey,
  byAgent,
  documentOf,
  startServer,
  startTestGateway,
  type AgentInput,
  type Answer,
  type TestGateway,
  type TestServer,
} from './fixture';

export const ann = apiKey('ann00001', { user: 'ann', roles: ['operator'] });
export const bob = apiKey('bob00001', { user: 'bob' });

export const DESCRIPTION = 'Answers questions about logs.';

/** A call of the agent `support`. */
export const CALL = { name: 'support', arguments: { input: 'Is all well?' } };

/** A gateway that offers the agent `support` as a tool. */
export async function offering(
  server: TestServer,
  more: Partial<AgentInput> = {},
  document: Partial<GatewayDocumentInput> = {},
  hosts: HostMap = {},
): Promise<TestGateway> {
  return startTestGateway({
    document: documentOf({
      agents: [agent('support', { card: { description: DESCRIPTION }, ...more })],
      routes: [byAgent('support')],
      agentTools: ['support'],
      ...document,
    }),
    hosts: { 'support-pods:8080': [server.address], ...hosts },
    keys: { ann: ann.file, bob: bob.file },
  });
}

export async function offeringTo(answer: Answer, more: Partial<AgentInput> = {}): Promise<TestGateway> {
  return offering(await startServer(answer), more);
}

/** An answer of an agent of the contract. */
export function invokeAnswer(more: Partial<InvokeResponse> = {}): InvokeResponse {
  return {
    requestId: 'r1',
    agent: 'support',
    output: 'All is well.',
    stopReason: 'completed',
    turns: 2,
    toolCalls: [
      {
        id: 'c1',
        toolset: 'logs',
        tool: 'read',
        input: { of: 'secret' },
        output: 'hush',
        isError: false,
        durationMs: 3,
      },
    ],
    usage: { inputTokens: 30, outputTokens: 12, totalTokens: 42 },
    ...more,
  };
}

/** What an agent tells on its way to an answer. */
export const EVENTS: readonly StreamEvent[] = [
  { type: 'turn-started', turn: 1 },
  { type: 'tool-started', id: 'c1', toolset: 'logs', tool: 'read', input: { of: 'secret' } },
  {
    type: 'tool-finished',
    id: 'c1',
    toolset: 'logs',
    tool: 'read',
    input: {},
    output: 'hush',
    isError: false,
    durationMs: 3,
  },
  { type: 'turn-started', turn: 2 },
  { type: 'text-delta', text: 'All is ' },
  { type: 'text-delta', text: 'well.' },
];

export function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
}

export function send(response: ServerResponse, event: StreamEvent): boolean {
  return response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** An agent of the contract that answers at once, as JSON or with events. */
export function startAnsweringAgent(answer: InvokeResponse = invokeAnswer()): Promise<TestServer> {
  const respond: Answer = ({ headers }, response) => {
    if (headers.accept !== 'text/event-stream') return answerJson(response, 200, answer);
    begin(response);
    for (const event of EVENTS) send(response, event);
    send(response, { type: 'completed', response: answer });
    response.end();
  };
  return startServer(respond);
}
