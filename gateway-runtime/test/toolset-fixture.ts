import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { handleWithWeb, sendProblem, type HttpProblem } from '@agentyard/runtime-kit';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { subjectOf } from '../../runtime-kit/test/identity-fixture';
import { serviceToken, userCheck } from './identity-files';
import { answerJson, onCleanUp, SERVICE_PORT, startServer, type TestGateway, type TestServer } from './fixture';

export type ToolsetInput = GatewayDocumentInput['toolsets'][number];

/** A toolset of a document; tools are offered under their own names, or `name: as`. */
export function toolset(
  name: string,
  tools: readonly string[] | Readonly<Record<string, string>>,
  more: Partial<ToolsetInput> = {},
): ToolsetInput {
  const names = Array.isArray(tools)
    ? Object.fromEntries((tools as readonly string[]).map((tool) => [tool, tool]))
    : tools;
  return {
    name,
    host: `${name}-pods`,
    port: SERVICE_PORT,
    timeoutMs: 5_000,
    serviceToken: serviceToken(name),
    tools: Object.entries(names as Record<string, string>).map(([tool, as]) => ({ name: tool, as, allowedRoles: '*' })),
    ...more,
  };
}

/**
 * A real MCP server on SDK v2 with three tools: `echo` (prefixes its input), `fail` (throws) and `slow` (waits for its
 * cancellation). It lets nobody call but the gateway, for a user.
 */
export async function startToolset(prefix: string): Promise<TestServer & { readonly cancelled: () => number }> {
  const requests: TestServer['requests'] = [];
  let cancelled = 0;
  const check = await userCheck(prefix, subjectOf('gateway'));
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: prefix, version: '1.0.0' });
    const inputSchema = z.object({ text: z.string() });
    server.registerTool('echo', { description: `${prefix} echoes`, inputSchema }, ({ text }) => ({
      content: [{ type: 'text', text: `${prefix}: ${text}` }],
    }));
    server.registerTool('fail', { description: 'fails', inputSchema }, () => {
      throw new Error('the disk is full');
    });
    server.registerTool('slow', { description: 'waits', inputSchema }, async (_input, context) => {
      await new Promise((resolve) => context.mcpReq.signal.addEventListener('abort', resolve));
      cancelled += 1;
      return { content: [] };
    });
    return server;
  });
  const server = createServer((request, response) => {
    const left = new AbortController();
    response.on('close', () => left.abort());
    check(request.headers).then(
      (user) =>
        handleWithWeb(request, response, left.signal, 1_000_000, async (web) => {
          requests.push({ headers: request.headers, body: await web.clone().text(), user });
          return handler.fetch(web);
        }),
      (problem: HttpProblem) => sendProblem(request, response, problem, 'test'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await handler.close();
  };
  onCleanUp(close);
  return { address: `127.0.0.1:${port}`, port, requests, close, cancelled: () => cancelled };
}

type Message = { id: string; method: string; params: Record<string, unknown> };

/** An MCP server of others on SDK v2, at `/mcp`, that lets everybody in. Its tool `echo` prefixes its input with `crm`. */
export async function startForeignServer(): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'crm', version: '1.0.0' });
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
      content: [{ type: 'text', text: `crm: ${text}` }],
    }));
    return server;
  });
  const server = createServer((request, response) => {
    handleWithWeb(request, response, new AbortController().signal, 1_000_000, async (web) => {
      requests.push({ headers: request.headers, body: await web.clone().text() });
      return handler.fetch(web);
    }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await handler.close();
  };
  onCleanUp(close);
  return { address: `127.0.0.1:${port}`, port, requests, close };
}

/** A toolset that answers each JSON-RPC request with what `answer` returns, as it is. */
export async function startRawToolset(answer: (message: Message) => object): Promise<TestServer> {
  return startServer((_request, response, body) => {
    const message = JSON.parse(body) as Message;
    answerJson(response, 200, { jsonrpc: '2.0', id: message.id, ...answer(message) });
  });
}

export type Era = 'modern' | 'legacy';

/** The official client, connected to the gateway in one of the two eras. */
export async function connect(
  gateway: Pick<TestGateway, 'url'>,
  era: Era,
  headers: Readonly<Record<string, string>> = {},
  path = '/mcp',
): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    { versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' } },
  );
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${gateway.url}${path}`), { requestInit: { headers: { ...headers } } }),
  );
  onCleanUp(() => client.close());
  return client;
}

/** Sends one request as bytes, and reads the answer as it is, also from a stream. */
export async function post(
  gateway: Pick<TestGateway, 'url'>,
  era: Era,
  method: string,
  params: object,
  headers: object = {},
  path = '/mcp',
  id: string | number = 7,
): Promise<Response> {
  const name = (params as { name?: string }).name;
  const modern = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(name !== undefined && { 'mcp-name': name }),
  };
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(era === 'modern' && modern),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: era === 'modern' ? { ...params, _meta } : params }),
  });
}

/** The JSON-RPC message of an answer, from its body or from its only event. */
export async function messageOf(answer: Response): Promise<Record<string, unknown>> {
  const text = await answer.text();
  const json = answer.headers.get('content-type')?.startsWith('text/event-stream')
    ? /^data: (.*)$/m.exec(text)?.[1]
    : text;
  return JSON.parse(json ?? '') as Record<string, unknown>;
}
