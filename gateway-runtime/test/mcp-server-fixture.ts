import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport, type ClientOptions } from '@modelcontextprotocol/client';
import { createMcpHandler, InMemoryServerEventBus, McpServer } from '@modelcontextprotocol/server';
import { handleWithWeb } from '@agentyard/runtime-kit';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { EverythingServer, type EverythingServerOptions } from '../../test/conformance/everything-server';
import { EverythingSessions } from '../../test/conformance/everything-sessions';
import { onCleanUp, startServer, type TestServer } from './fixture';
import type { Era } from './toolset-fixture';

export type ServerInput = NonNullable<GatewayDocumentInput['mcpServers']>[number];

/** A server of a document that everybody may use wholly, and that may ask for all. */
export function serverOf(name: string, url: string, more: Partial<ServerInput> = {}): ServerInput {
  return {
    name,
    endpoint: { by: 'url', url },
    timeoutMs: 10_000,
    otherTools: '*',
    resources: '*',
    prompts: '*',
    mayAsk: ['elicitation', 'roots', 'sampling'],
    ...more,
  };
}

/** The server of the conformance suites. */
export async function startEverything(options: EverythingServerOptions = {}): Promise<EverythingServer> {
  const server = await EverythingServer.start(options);
  onCleanUp(() => server.close());
  return server;
}

/** A server of others, in one era, and the requests that it got. */
export interface ForeignServer {
  readonly url: string;
  readonly requests: {
    readonly method: string;
    readonly headers: IncomingMessage['headers'];
    readonly message: Record<string, unknown>;
  }[];
  /** Tells those who listen that its tools have changed; of the era without sessions. */
  changed(): void;
  /** Forgets its sessions. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a real server on SDK v2 that has what `register` gives it. */
export async function startForeign(
  name: string,
  era: Era,
  register: (server: McpServer) => void,
  port = 0,
): Promise<ForeignServer> {
  const requests: ForeignServer['requests'] = [];
  const create = (): McpServer => {
    const server = new McpServer({ name, version: '1.0.0' });
    register(server);
    return server;
  };
  const bus = new InMemoryServerEventBus();
  const sessions = new EverythingSessions(create, 'sse');
  const stateless = createMcpHandler(create, { legacy: 'reject', bus, keepAliveMs: 0 });
  const http = createServer((request, response) => {
    const left = new AbortController();
    response.once('close', () => left.abort());
    handleWithWeb(request, response, left.signal, Infinity, async (web) => {
      const text = await web.clone().text();
      const message = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      requests.push({ method: request.method ?? '', headers: request.headers, message });
      return era === 'legacy' ? sessions.handle(web) : stateless.fetch(web);
    }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', () => resolve()));
  const close = async (): Promise<void> => {
    await Promise.all([sessions.close(), stateless.close()]);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  onCleanUp(close);
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    requests,
    changed: () => bus.publish({ kind: 'tools_list_changed' }),
    forget: () => sessions.close(),
    close,
  };
}

/** What a server has got of a method. */
export function got({ requests }: ForeignServer, method: string): ForeignServer['requests'] {
  return requests.filter(({ message }) => message.method === method);
}

/** A server that answers each request, in the era without sessions, with what `answer` returns, as it is. */
export async function startRawServer(
  answer: (message: { id: string; method: string; params: Record<string, unknown> }) => object,
): Promise<TestServer & { readonly url: string }> {
  const server = await startServer((_request, response, body) => {
    const message = JSON.parse(body) as { id: string; method: string; params: Record<string, unknown> };
    const own =
      message.method === 'server/discover'
        ? { result: { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } } }
        : answer(message);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...own }));
  });
  return { ...server, url: `http://${server.address}/mcp` };
}

export interface TestClientOptions {
  readonly era: Era;
  readonly capabilities?: ClientOptions['capabilities'];
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  /** Before it connects. */
  readonly prepare?: (client: Client) => void;
}

/** The official client, and its transport. */
export interface TestClient {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

/** Connects the official client to a URL of a gateway. */
export async function connectTo(
  url: string,
  { era, capabilities = {}, headers = {}, path = '/mcp', prepare }: TestClientOptions,
): Promise<TestClient> {
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    { capabilities, versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' } },
  );
  prepare?.(client);
  const transport = new StreamableHTTPClientTransport(new URL(`${url}${path}`), {
    requestInit: { headers: { ...headers } },
    reconnectionOptions: {
      initialReconnectionDelay: 20,
      maxReconnectionDelay: 100,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 50,
    },
  });
  await client.connect(transport);
  onCleanUp(() => client.close());
  return { client, transport };
}

/** The text of a tool's result. */
export const textOf = (result: unknown): unknown => (result as { content: { text: unknown }[] }).content[0]?.text;
