import { mkdir, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import path from 'node:path';
import { gatewayDocument, parseValue, type McpServerInput, type UpstreamCredentialsInput } from 'agentyard/contract';
import { createDispatcher, createLogger, Metrics, UserClaimSigner } from '@agentyard/runtime-kit';
import { CallerToken } from '../src/auth/caller-token';
import type { Caller } from '../src/auth/caller';
import { openCredentials } from '../src/credentials/open-credentials';
import { CREDENTIAL_LIMITS, type CredentialLimits } from '../src/credentials/token-endpoint';
import { CREDENTIAL_FAILURES } from '../src/credentials/upstream-credentials-error';
import type { UpstreamCredentials } from '../src/credentials/upstream-credentials';
import { DocumentResources } from '../src/document-resources';
import {
  answerJson,
  documentOf,
  onCleanUp,
  replaceFile,
  startServer,
  temporaryDirectory,
  type TestServer,
} from './fixture';
import { provideIdentity } from './identity-files';

/** The issuer of the callers of these tests. */
export const ISSUER = 'https://sso.example.com/realms/mcp';

/** What a token endpoint was sent. */
export interface AskedForToken {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

/** A token endpoint that answers as a test wants. */
export class TokenServer {
  public readonly asked: AskedForToken[] = [];
  /** What it answers; absent: a token of its own making, `token-1` and so on. */
  public answer: ((response: ServerResponse, asked: AskedForToken) => void) | undefined;
  /** How long its tokens count, in seconds. */
  public expiresIn: unknown = 300;

  private constructor(private server: TestServer | undefined) {}

  public static async start(): Promise<TokenServer> {
    const tokens = new TokenServer(undefined);
    tokens.server = await startServer((request, response, body) => {
      const asked = { form: Object.fromEntries(new URLSearchParams(body)), headers: request.headers };
      tokens.asked.push(asked);
      if (tokens.answer === undefined) answerJson(response, 200, tokens.token());
      else tokens.answer(response, asked);
    });
    return tokens;
  }

  public get url(): string {
    return `http://${this.server?.address}/token`;
  }

  public close(): Promise<void> {
    return this.server?.close() ?? Promise.resolve();
  }

  /** What a good answer has. */
  public token(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
    return { access_token: `token-${this.asked.length}`, token_type: 'Bearer', expires_in: this.expiresIn, ...more };
  }
}

const DIRECTORY = '/etc/agentyard';
export const SECRET_FILE = `${DIRECTORY}/upstream/secret`;

/** How the client of these tests shows who it is. */
export const CLIENT = { method: 'client_secret_basic' as const, clientSecretFile: SECRET_FILE };

/** Credentials of one kind, as a document has them. */
export type CredentialsOf<By extends UpstreamCredentialsInput['by']> = Extract<UpstreamCredentialsInput, { by: By }>;

/** What a server is shown, and what was logged and counted about it. */
export interface OpenedCredentials {
  readonly credentials: UpstreamCredentials;
  readonly logs: Readonly<Record<string, unknown>>[];
  /** Writes the mounted secret. */
  readonly writeSecret: (text: string) => Promise<void>;
  readonly failures: (reason: string) => number | undefined;
}

/** Opens the credentials of a server named "crm", as a gateway does. */
export async function opened(
  credentials: UpstreamCredentialsInput,
  { secret, limits = {} }: { readonly secret?: string; readonly limits?: Partial<CredentialLimits> } = {},
): Promise<OpenedCredentials> {
  const directory = await temporaryDirectory();
  const document = documentOf({
    auth: { mode: 'credentials', issuers: [{ issuer: ISSUER, audiences: ['https://mcp.example.com'], roles: [] }] },
    mcpServers: [mcpServer('crm', { credentials })],
  });
  await provideIdentity(directory, document);
  await mkdir(path.join(directory, 'upstream'));
  const writeSecret = (text: string) => replaceFile(path.join(directory, 'upstream/secret'), text);
  if (secret !== undefined) await writeFile(path.join(directory, 'upstream/secret'), secret);
  const logs: Record<string, unknown>[] = [];
  const log = createLogger(
    { component: 'gateway', name: 'gateway', namespace: 'test' },
    { write: (line: string) => void logs.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const { mcpServers, identity } = parseValue(gatewayDocument.schema, document, 'document');
  const signer = await UserClaimSigner.open(path.join(directory, 'signing-keys'), { log });
  const failures = new Metrics().addEventCount('failures', 'failures', { name: 'reason', values: CREDENTIAL_FAILURES });
  const dispatcher = createDispatcher(undefined, {});
  const overlay = { listen: { host: '127.0.0.1', port: 0 }, mounts: { [DIRECTORY]: directory }, hostsFile: '' };
  const access = { dispatcher, log, failures, limits: { ...CREDENTIAL_LIMITS, ...limits } };
  const resources = new DocumentResources();
  const all = await resources.replace((open) =>
    openCredentials(mcpServers, { overlay, pollMs: 20, access, identity, signer, onTlsRefusal: () => undefined }, open),
  );
  onCleanUp(async () => {
    resources.close();
    signer.close();
    await dispatcher.destroy();
  });
  return {
    credentials: all.get('crm')!,
    logs,
    writeSecret,
    failures: (reason) => failures.values.get(reason),
  };
}

/** An MCP server of a document. */
export function mcpServer(name: string, more: Partial<McpServerInput> = {}): McpServerInput {
  return {
    name,
    endpoint: { by: 'url', url: `http://${name}.example.com/mcp` },
    timeoutMs: 10_000,
    otherTools: '*',
    ...more,
  };
}

/** How tokens of the users of these tests are exchanged. */
export function exchange(
  tokens: TokenServer,
  more: Partial<CredentialsOf<'token-exchange'>> = {},
): CredentialsOf<'token-exchange'> {
  return {
    by: 'token-exchange',
    issuer: ISSUER,
    tokenEndpoint: tokens.url,
    clientId: 'mcp:agents/gateway',
    client: CLIENT,
    audience: 'https://crm.example.com/mcp',
    ...more,
  };
}

/** How the gateway of these tests gets tokens for itself. */
export function forItself(
  tokens: TokenServer,
  more: Partial<CredentialsOf<'client-credentials'>> = {},
): CredentialsOf<'client-credentials'> {
  return { by: 'client-credentials', tokenEndpoint: tokens.url, clientId: 'gateway', client: CLIENT, ...more };
}

/** Somebody who came with an API key. */
export const ANYBODY: Caller = { user: 'ci', roles: new Set(), by: 'api-key', keyId: 'ci000001' };

/** Somebody who came with an access token of the issuer. */
export function caller(token: string, more: Partial<Caller> = {}): Caller {
  const own = new CallerToken(token);
  return { user: 'ada', roles: new Set(['analyst']), by: 'access-token', issuer: ISSUER, token: own, ...more };
}

/** Never aborted. */
export const PATIENT = new AbortController().signal;
