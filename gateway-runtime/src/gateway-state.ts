import type { GatewayDocument } from 'agentyard/contract';
import { localPath, type LocalOverlay, type Logger } from '@agentyard/runtime-kit';
import { ApiKeyDirectory } from './auth/api-key-directory.js';
import { ToolDirectory } from './mcp/tool-directory.js';
import type { AgentBinding } from './pipeline/forward.js';
import { RouteTable } from './routing/route-table.js';

/** What follows from one document. A request takes one and keeps it to its end. */
export interface GatewayState {
  readonly document: GatewayDocument;
  readonly routes: RouteTable;
  readonly agents: ReadonlyMap<string, AgentBinding>;
  readonly tools: ToolDirectory;
  /** Absent when no credentials are asked for. */
  readonly keys: ApiKeyDirectory | undefined;
}

/** How API keys are read. */
export interface KeySource {
  readonly overlay: LocalOverlay | undefined;
  readonly log: Logger;
  /** How often they are read again, in milliseconds. */
  readonly pollMs: number;
}

/** Prepares a document for serving; the keys of `previous` are kept when they come from the same directory. */
export async function prepareState(
  document: GatewayDocument,
  previous: GatewayState | undefined,
  source: KeySource,
): Promise<GatewayState> {
  return {
    document,
    routes: new RouteTable(document.routes),
    agents: new Map(document.agents.map((agent) => [agent.name, agent])),
    tools: new ToolDirectory(document.toolsets),
    keys: await keysOf(document, previous, source),
  };
}

async function keysOf(
  { auth }: GatewayDocument,
  previous: GatewayState | undefined,
  { overlay, log, pollMs }: KeySource,
): Promise<ApiKeyDirectory | undefined> {
  if (auth.mode === 'none') {
    if (previous?.document.auth.mode !== 'none')
      log.warn({ event: 'auth-none' }, 'everyone who reaches this gateway may use it');
    return undefined;
  }
  const before = previous?.document.auth;
  if (before?.mode === 'apiKeys' && before.keysDirectory === auth.keysDirectory) return previous?.keys;
  const keys = new ApiKeyDirectory(localPath(auth.keysDirectory, overlay), log);
  await keys.open(pollMs);
  return keys;
}
