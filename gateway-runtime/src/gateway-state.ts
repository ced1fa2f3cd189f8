import type { Auth, GatewayDocument, GatewayIdentity, GatewayToolset } from 'agentyard/contract';
import { localPath, ServiceTokens, UserClaimSigner, type LocalOverlay, type Logger } from '@agentyard/runtime-kit';
import { AccessTokens } from './auth/access-token.js';
import { ApiKeyDirectory } from './auth/api-key-directory.js';
import { Authenticator } from './auth/authenticator.js';
import { IssuerKeys, type IssuerAccess } from './auth/issuer-keys.js';
import { OpenDoorWarning } from './auth/open-door-warning.js';
import { ProtectedResource } from './auth/protected-resource.js';
import type { Open } from './document-resources.js';
import { UpstreamIdentity } from './identity/upstream-identity.js';
import { ToolDirectory } from './mcp/tool-directory.js';
import type { AgentBinding } from './pipeline/forward.js';
import { RouteTable } from './routing/route-table.js';

/** What follows from one document. A request takes one and keeps it to its end. */
export interface GatewayState {
  readonly document: GatewayDocument;
  readonly routes: RouteTable;
  readonly agents: ReadonlyMap<string, AgentBinding>;
  /** What is offered at each path of MCP. */
  readonly tools: ReadonlyMap<string, ToolDirectory>;
  readonly authenticator: Authenticator;
  readonly identity: UpstreamIdentity;
  /** Absent when clients are told nothing of the gateway. */
  readonly resource: ProtectedResource | undefined;
}

/** Where what a document names is read. */
export interface StateSources {
  readonly overlay: LocalOverlay | undefined;
  readonly log: Logger;
  /** How often mounted files are read again, in milliseconds. */
  readonly pollMs: number;
  readonly issuers: IssuerAccess;
}

/** Prepares a document for serving. */
export async function prepareState(
  document: GatewayDocument,
  sources: StateSources,
  open: Open,
): Promise<GatewayState> {
  return {
    document,
    routes: new RouteTable(document.routes),
    agents: new Map(document.agents.map((agent) => [agent.name, agent])),
    tools: toolsByPath(document.toolsets),
    authenticator: await authenticatorOf(document.auth, sources, open),
    identity: await identityOf(document.identity, sources, open),
    resource: resourceOf(document),
  };
}

async function authenticatorOf(auth: Auth, { overlay, log, pollMs, issuers }: StateSources, open: Open) {
  if (auth.mode === 'none') {
    await open(['auth-none'], () => new OpenDoorWarning('auth-none', log));
    return new Authenticator(auth, { apiKeys: undefined, accessTokens: new Map() });
  }
  if (auth.demoToken !== undefined) await open(['auth-demo-token'], () => new OpenDoorWarning('auth-demo-token', log));
  const { directory } = auth.apiKeys ?? {};
  const apiKeys =
    directory === undefined
      ? undefined
      : await open(['api-keys', directory], () => ApiKeyDirectory.open(localPath(directory, overlay), { log, pollMs }));
  const accessTokens = new Map<string, AccessTokens>();
  for (const issuer of auth.issuers) {
    const keys = await open(['issuer', issuer.issuer, issuer.jwksUri], () => IssuerKeys.open(issuer, issuers));
    accessTokens.set(issuer.issuer, new AccessTokens(issuer, keys));
  }
  return new Authenticator(auth, { apiKeys, accessTokens });
}

async function identityOf(identity: GatewayIdentity, { overlay, log, pollMs }: StateSources, open: Open) {
  const { signingKeysDirectory: directory } = identity;
  const signer = await open(['signing-keys', directory], () =>
    UserClaimSigner.open(localPath(directory, overlay), { log, pollMs }),
  );
  return new UpstreamIdentity(identity, new ServiceTokens(overlay), signer);
}

function resourceOf({ auth, toolsets }: GatewayDocument): ProtectedResource | undefined {
  if (auth.mode === 'none' || auth.resource === undefined) return undefined;
  return new ProtectedResource(
    auth.resource,
    auth.issuers.map(({ issuer }) => issuer),
    [...toolsByPath(toolsets).keys()],
  );
}

/** All toolsets at `/mcp`, and at `/` for clients that are given the gateway's URL alone; each by itself below `/mcp`. */
function toolsByPath(toolsets: readonly GatewayToolset[]): ReadonlyMap<string, ToolDirectory> {
  const all = ToolDirectory.ofAll(toolsets);
  const each = toolsets.map((toolset) => [`/mcp/${toolset.name}`, ToolDirectory.ofOne(toolset)] as const);
  return new Map([['/', all], ['/mcp', all], ...each]);
}
