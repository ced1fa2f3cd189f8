/** What stands behind the agents of the bench: a model that answers at once, and a toolset. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestMcpServer } from '../../agent-runtime/test/mcp-server';
import { serveParent } from '../processes/parent';
import { answerTo, STREAMED, TOOL, type Kind } from './question';

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

const HEAD = { id: 'chat_1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'bench' };
const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

const server = createServer((request, response) => {
  if (request.method !== 'POST') return void response.writeHead(200).end();
  void json(request).then((body) => answer(body as Asked, response));
});
server.keepAliveTimeout = 3_600_000;

async function answer({ messages }: Asked, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const question = messages.findLast(({ role }) => role === 'user')!.content;
  const kind = question.split(' ', 1)[0] as Kind;
  if (kind === 'call' && messages.at(-1)!.role === 'user') return end(response, [callChunk()], 'tool_calls');
  const words = answerTo(question);
  if (kind !== 'stream') return end(response, [textChunk(words)], 'stop');
  for (let i = 0; i < STREAMED.pieces; i += 1) {
    response.write(textChunk('. '));
    await sleep(STREAMED.everyMs);
  }
  end(response, [textChunk(words)], 'stop');
}

function end(response: ServerResponse, chunks: readonly string[], reason: string): void {
  const last = dataOf({ ...HEAD, choices: [{ index: 0, delta: {}, finish_reason: reason }] });
  const used = dataOf({ ...HEAD, choices: [], usage: USAGE });
  response.end(`${chunks.join('')}${last}${used}data: [DONE]\n\n`);
}

function textChunk(content: string): string {
  return dataOf({ ...HEAD, choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] });
}

function callChunk(): string {
  const called = { name: TOOL.name, arguments: JSON.stringify(TOOL.input) };
  const tool_calls = [{ index: 0, id: 'call_1', type: 'function', function: called }];
  return dataOf({ ...HEAD, choices: [{ index: 0, delta: { role: 'assistant', tool_calls }, finish_reason: null }] });
}

function dataOf(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

async function main(): Promise<void> {
  const toolset = await TestMcpServer.start();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  serveParent({ modelPort: (server.address() as AddressInfo).port, toolsetPort: toolset.port });
}

void main();
