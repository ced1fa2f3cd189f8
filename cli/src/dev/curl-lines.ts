import type { GatewayDocument, InvokeRequest } from 'agentyard/contract';
import { API_KEY_VARIABLE } from './gateway-access.js';
import type { LocalGateway } from './platform.js';

const MCP_VERSION = '2026-07-28';
const CLIENT = { name: 'curl', version: '1' };

/** A `curl` command that asks an agent through `POST /v1/invoke`; absent for a gateway without a route for everybody. */
export function invokeLine(gateway: LocalGateway): string | undefined {
  const target = targetOf(gateway.document);
  if (target === undefined) return undefined;
  return curl(gateway, '/v1/invoke', { accept: 'application/json' }, { ...target, input: 'What can you do?' });
}

/** A `curl` command that lists the tools through `/mcp`; absent for a gateway without any. */
export function toolsListLine(gateway: LocalGateway): string | undefined {
  const { toolsets, mcpServers, agentTools } = gateway.document;
  if (toolsets.length + mcpServers.length + agentTools.length === 0) return undefined;
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MCP_VERSION,
    'io.modelcontextprotocol/clientInfo': CLIENT,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const headers = {
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': MCP_VERSION,
    'mcp-method': 'tools/list',
  };
  return curl(gateway, '/mcp', headers, { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } });
}

/** The agent or intent of the first route that one can be told of. Those with conditions are not for everybody. */
function targetOf({ routes }: GatewayDocument): Pick<InvokeRequest, 'agent' | 'intent'> | undefined {
  const open = routes.filter(({ match }) => match.headers === undefined && match.callerRoles === undefined);
  const byPriority = open.sort((a, b) => b.priority - a.priority);
  for (const { match } of byPriority) if (match.by === 'agent') return { agent: match.agent };
  for (const { match } of byPriority) {
    const intent = match.by === 'intent' ? literalOf(match.pattern) : undefined;
    if (intent !== undefined) return { intent };
  }
  const agent = byPriority[0]?.backends[0]?.agent;
  return agent === undefined ? undefined : { agent };
}

/** A text that matches a pattern for certain: an alternative without operators. */
function literalOf(pattern: string): string | undefined {
  const open = pattern
    .replace(/^\(\?i\)/, '')
    .replace(/^\^/, '')
    .replace(/\$$/, '');
  const alternatives = /^\([^()]*\)$/.test(open) ? open.slice(1, -1).replace(/^\?:/, '') : open;
  if (/[()]/.test(alternatives)) return undefined;
  return alternatives.split('|').find((alternative) => /^[\p{L}\p{N} _-]+$/u.test(alternative));
}

function curl(gateway: LocalGateway, path: string, headers: Readonly<Record<string, string>>, body: unknown): string {
  const all = { 'content-type': 'application/json', ...headers };
  const flags = [
    ...authorization(gateway),
    ...Object.entries(all).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
  ];
  return `curl -sS ${gateway.url}${path} ${flags.join(' ')} -d ${quoted(JSON.stringify(body))}`;
}

/** A key that is not known here is taken from the developer's shell. */
function authorization({ key, document }: LocalGateway): string[] {
  if (document.auth.mode === 'none') return [];
  if (key !== undefined) return [`-H ${quoted(`authorization: Bearer ${key}`)}`];
  return [`-H "authorization: Bearer $${API_KEY_VARIABLE}"`];
}

/** One word for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
