import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gatewayDocument, type GatewayDocumentInput, type UserClaim } from 'agentyard/contract';
import {
  createLogger,
  DocumentFile,
  Health,
  HttpServer,
  Metrics,
  sendProblem,
  type HostMap,
  type HttpProblem,
  type HttpServerOptions,
  type LocalOverlay,
} from '@agentyard/runtime-kit';
import { startGateway } from '../src/gateway';
import type { GatewaySources } from '../src/gateway-network';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture';
import { eventually, onCleanUp, replaceFile, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { gatewayIdentity, provideIdentity, serviceToken, userCheck } from './identity-files';

export { cleanUp, eventually, onCleanUp, replaceFile, temporaryDirectory } from '../../runtime-kit/test/test-resources';

/** A request that a server of a test got. */
export interface TestRequest {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Of an agent or toolset: for whom it was called, as it was shown. */
  readonly user?: UserClaim;
}

/** A server of a test: its address, and the requests that it got. */
export interface TestServer {
  readonly address: string;
  readonly port: number;
  readonly requests: TestRequest[];
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => Promise<void> | void;

/** Starts an HTTP server on loopback that reads each request to its end before it answers. */
export async function startServer(
  answer: Answer,
  host = '127.0.0.1',
  port = 0,
  check: (headers: IncomingMessage['headers']) => Promise<UserClaim | undefined> = () => Promise.resolve(undefined),
): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      void check(request.headers).then(
        (user) => {
          requests.push({ headers: request.headers, body, user });
          return answer(request, response, body);
        },
        (problem: HttpProblem) => sendProblem(request, response, problem, 'test'),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, () => resolve()));
  const address = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onCleanUp(close);
  return { address: `${host}:${address.port}`, port: address.port, requests, close };
}

/** Starts an agent that answers with its name, and that lets nobody call but the gateway, for a user. */
export async function startAgent(name: string, host?: string, port?: number): Promise<TestServer> {
  return startServer(
    (_request, response) => answerJson(response, 200, { agent: name, output: `from ${name}` }),
    host,
    port,
    await userCheck(name, subjectOf(name)),
  );
}

export function answerJson(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(body));
}

/** The port that documents of tests name for every Service; local addresses come from the host map. */
export const SERVICE_PORT = 8080;

export type AgentInput = GatewayDocumentInput['agents'][number];
export type RouteInput = GatewayDocumentInput['routes'][number];

export function agent(name: string, more: Partial<AgentInput> = {}): AgentInput {
  return {
    name,
    host: `${name}-pods`,
    port: SERVICE_PORT,
    timeoutMs: 10_000,
    allowedRoles: '*',
    serviceToken: serviceToken(name),
    subject: subjectOf(name),
    claimAudiences: [audienceOf(name)],
    ...more,
  };
}

export function byAgent(name: string, backends: readonly string[] = [name], priority = 100): RouteInput {
  return {
    name: `by-agent-${name}`,
    priority,
    match: { by: 'agent', agent: name },
    backends: backends.map((b) => ({ agent: b, weight: 1 })),
  };
}

export function byIntent(name: string, pattern: string, backend: string, priority = 10): RouteInput {
  return { name, priority, match: { by: 'intent', pattern }, backends: [{ agent: backend, weight: 1 }] };
}

export function documentOf(more: Partial<GatewayDocumentInput> = {}): GatewayDocumentInput {
  return {
    kind: 'Gateway',
    version: 1,
    name: 'gateway',
    namespace: 'test',
    listen: { port: SERVICE_PORT },
    auth: { mode: 'none' },
    identity: gatewayIdentity(),
    agents: [],
    routes: [],
    toolsets: [],
    shutdown: { graceMs: 5_000 },
    ...more,
  };
}

/** An API key and the file that makes it count. */
export function apiKey(
  id: string,
  more: Readonly<Record<string, unknown>> = {},
): { readonly key: string; readonly file: string } {
  const key = `ay_${id}_${createHash('sha256').update(id).digest('base64url')}`;
  const sha256 = createHash('sha256').update(key).digest('hex');
  return { key, file: JSON.stringify({ kind: 'ApiKey', version: 1, id, sha256, user: `user-of-${id}`, ...more }) };
}

const MOUNT = '/etc/agentyard';

export const KEYS_MOUNT = `${MOUNT}/keys`;

/** API keys as the only credentials. */
export const API_KEYS: GatewayDocumentInput['auth'] = { mode: 'credentials', apiKeys: { directory: KEYS_MOUNT } };

export interface TestGateway {
  readonly url: string;
  readonly directory: string;
  readonly logs: Readonly<Record<string, unknown>>[];
  readonly health: Health;
  readonly metrics: Metrics;
  /** Replaces the document; `undefined` members are left out. */
  writeDocument(document: unknown): Promise<void>;
  writeHosts(hosts: HostMap): Promise<void>;
  /** Writes or removes a file of the keys' directory. */
  writeKey(file: string, text: string | undefined): Promise<void>;
  invoke(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly document: GatewayDocumentInput;
  readonly hosts?: HostMap;
  readonly keys?: Readonly<Record<string, string>>;
  readonly sources?: GatewaySources;
  /** Whether addresses come from DNS, as in a cluster, and not from the host map. */
  readonly cluster?: boolean;
  /** Mounted files beside keys, by their paths below `/etc/agentyard`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Mount paths beside `/etc/agentyard`, with the paths below it that stand for them. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Mounted files that are not there when it starts. */
  readonly missing?: readonly string[];
  /** How patient its server is. */
  readonly http?: Pick<HttpServerOptions, 'headersMs' | 'requestMs' | 'stallMs'>;
  /** Where it listens for its other replicas, instead of the document's port. */
  readonly peerPort?: number;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a gateway in this process, on loopback, with its log lines kept. */
export async function startTestGateway({
  document,
  hosts = {},
  keys = {},
  sources,
  cluster,
  files = {},
  mounts = {},
  missing = [],
  http = {},
  peerPort,
}: TestGatewayOptions): Promise<TestGateway> {
  const directory = await temporaryDirectory();
  const hostsFile = path.join(directory, 'hosts.json');
  const overlay: LocalOverlay = {
    listen: { host: '127.0.0.1', port: 0 },
    mounts: {
      [MOUNT]: directory,
      ...Object.fromEntries(Object.entries(mounts).map(([mount, below]) => [mount, path.join(directory, below)])),
    },
    hostsFile,
    ...(peerPort !== undefined && { peerPort }),
  };
  await mkdir(path.join(directory, 'keys'));
  const writeHosts = (map: HostMap): Promise<void> => replaceFile(hostsFile, JSON.stringify(map));
  const writeDocument = async (value: unknown): Promise<void> => {
    await provideIdentity(directory, value as GatewayDocumentInput);
    // Without an overlay, what is mounted is where the document says.
    const mounted = cluster ? `${directory}/` : `${MOUNT}/`;
    await replaceFile(path.join(directory, 'gateway.json'), JSON.stringify(value).replaceAll(`${MOUNT}/`, mounted));
  };
  const writeKey = async (file: string, text: string | undefined): Promise<void> => {
    const target = path.join(directory, 'keys', file);
    await (text === undefined ? rm(target) : writeFile(target, text));
  };
  await writeHosts(hosts);
  await writeDocument(document);
  for (const [file, text] of Object.entries(keys)) await writeKey(file, text);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), text);
  }
  for (const file of missing) await rm(path.join(directory, file));

  const logs: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void logs.push(JSON.parse(line) as Record<string, unknown>) };
  const log = createLogger({ component: 'gateway', name: document.name, namespace: document.namespace }, destination);
  const documentFile = new DocumentFile(gatewayDocument, overlay, {});
  const health = new Health();
  const metrics = new Metrics();
  const parts = await startGateway(
    { document: await documentFile.read(), documentFile, health, log, overlay: cluster ? undefined : overlay, metrics },
    { pollMs: 25, ...sources },
  );
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    ...parts.door,
    ...http,
    routes: parts.routes,
    health,
    log,
  });
  const scheme = parts.door?.tls === undefined ? 'http' : 'https';
  const url = `${scheme}://127.0.0.1:${await server.listen()}`;
  const close = async (): Promise<void> => {
    await server.close(0);
    await parts.close?.();
  };
  onCleanUp(close);
  const invoke = (body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${url}/v1/invoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { url, directory, logs, health, metrics, writeDocument, writeHosts, writeKey, invoke, close };
}

/** The log line of an event, once it is there. */
export async function logLine(gateway: TestGateway, event: string): Promise<Readonly<Record<string, unknown>>> {
  return eventually(() => gateway.logs.find((line) => line.event === event));
}

/** The line that is written when a request has ended, once it is there. */
export async function outcomeLine(gateway: TestGateway): Promise<Readonly<Record<string, unknown>>> {
  return eventually(() => gateway.logs.find(({ type, event }) => type === 'audit' && event === 'request'));
}
