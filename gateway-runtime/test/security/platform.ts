import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GatewayDocumentInput, TokenIssuerInput } from 'agentyard/contract';
import { agent, apiKey, byAgent, documentOf, KEYS_MOUNT, onCleanUp, startAgent, type TestServer } from '../fixture';
import { TestIssuer, AUDIENCE } from '../test-issuer';
import { startToolset, toolset } from '../toolset-fixture';
import { tap, type WireTap } from '../wire-tap';
import { startGatewayProcess, type GatewayProcess, type GatewayProcessOptions } from './gateway-process';

export const APP_ORIGIN = 'https://app.example.com';

/** Users by API key: who may use all, and who may call `echo` alone. */
export const ALICE = apiKey('alice0001', { user: 'alice', roles: ['admin'] });
export const BOB = apiKey('bob000001', { user: 'bob' });

/** What the gateway is told to ask tokens for. */
export const SCOPES = ['mcp.read', 'mcp.use'];

/** A gateway in a process of its own, before an agent and a toolset, and the issuer of its users. */
export interface Platform {
  readonly gateway: GatewayProcess;
  readonly issuer: TestIssuer;
  readonly tools: TestServer & { readonly cancelled: () => number };
  readonly wires: { readonly agent: WireTap; readonly tools: WireTap };
  /** A token that lets in, but for these claims. */
  readonly token: (claims?: Readonly<Record<string, unknown>>) => Promise<string>;
}

export type PlatformOptions = Pick<GatewayProcessOptions, 'files'> & {
  /** More of its document. */
  readonly document?: (issuer: TestIssuer) => Partial<GatewayDocumentInput>;
  /** More issuers of users. */
  readonly issuers?: readonly TokenIssuerInput[];
};

/** Starts it: with tokens that must have scopes, API keys, a page of another origin, and roles for tools. */
export async function startPlatform({
  document = () => ({}),
  issuers = [],
  files = {},
}: PlatformOptions = {}): Promise<Platform> {
  const issuer = await TestIssuer.start();
  const [support, tools] = [await startAgent('support'), await startToolset('logs')];
  const wires = { agent: await tap(support.address), tools: await tap(tools.address) };
  const offered = toolset('logs', ['echo', 'fail', 'slow']);
  const allowedRoles = (name: string) => (name === 'fail' ? ['admin'] : ('*' as const));
  const gateway = await startGatewayProcess({
    document: documentOf({
      auth: {
        mode: 'credentials',
        issuers: [issuer.entry({ requiredScopes: SCOPES, impliedScopes: { 'mcp.admin': SCOPES } }), ...issuers],
        apiKeys: { directory: KEYS_MOUNT },
        resource: { url: AUDIENCE, scopes: SCOPES },
      },
      allowedOrigins: [APP_ORIGIN],
      agents: [agent('support')],
      routes: [byAgent('support')],
      toolsets: [
        { ...offered, tools: offered.tools.map((tool) => ({ ...tool, allowedRoles: allowedRoles(tool.name) })) },
      ],
      ...document(issuer),
    }),
    hosts: { 'support-pods:8080': [wires.agent.address], 'logs-pods:8080': [wires.tools.address] },
    files: { 'keys/alice': ALICE.file, 'keys/bob': BOB.file, ...files },
  });
  const token = (claims: Readonly<Record<string, unknown>> = {}) => issuer.sign({ scope: SCOPES.join(' '), ...claims });
  return { gateway, issuer, tools, wires, token };
}

/** Headers of somebody who comes with an API key. */
export const by = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });

/** Counts who connects, and answers nothing that anybody could want. */
export interface Trap {
  readonly url: string;
  /** Targets of the requests that it got. */
  readonly visits: string[];
}

/** A place that nobody may be led to. */
export async function startTrap(): Promise<Trap> {
  const visits: string[] = [];
  const server: Server = createServer((request, response) => {
    visits.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":[]}');
  });
  server.on('connection', () => visits.push('connection'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onCleanUp(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, visits };
}
