import type { McpExchange } from '../exchange.js';
import { mayList, mayUse, type Owned } from './catalog.js';
import type { ListMethod } from './known-items.js';
import { learn } from './gather.js';
import type { ServerBackend } from './server-backend.js';

/**
 * What a name means to the caller of an exchange: servers whose lists are not known are asked for them first.
 *
 * @returns absent if nobody has it, or nobody that the caller may use
 */
export async function resolve(exchange: McpExchange, list: ListMethod, as: string): Promise<Owned | undefined> {
  const { catalog, caller } = exchange;
  const declared = list === 'tools/list' ? catalog.declaredTool(as) : undefined;
  if (declared !== undefined) return declared;
  const only = catalog.onlyServer;
  if (only !== undefined) return { backend: only, name: as };
  const isUnknown = (server: ServerBackend) => mayList(server, list, caller) && server.knownTo(caller).isStale(list);
  const unknown = catalog.servers.filter(isUnknown);
  await Promise.all(unknown.map((server) => learn(exchange, server, list)));
  return catalog.find(list, as, caller);
}

/**
 * The server of a resource: the one that lists it, whose template fits it, or that alone has resources for the caller.
 * Others are not told of the URI.
 */
export async function resolveResource(exchange: McpExchange, uri: string): Promise<Owned<ServerBackend> | undefined> {
  const { catalog, caller } = exchange;
  const readable = catalog.servers.filter((server) => mayUse(server, 'resources/list', uri, caller));
  const [first] = readable;
  if (catalog.onlyServer !== undefined) return first && { backend: first, name: uri };
  const listed = await resolve(exchange, 'resources/list', uri);
  if (listed?.backend.kind === 'server') return { backend: listed.backend, name: listed.name };
  const stale = readable.filter((server) => server.knownTo(caller).isStale('resources/templates/list'));
  await Promise.all(stale.map((server) => learn(exchange, server, 'resources/templates/list')));
  const fitting = readable.filter((server) =>
    [...server.knownTo(caller).names('resources/templates/list')].some((template) => fits(template, uri)),
  );
  if (fitting.length === 1 && fitting[0] !== undefined) return { backend: fitting[0], name: uri };
  return readable.length === 1 && first !== undefined ? { backend: first, name: uri } : undefined;
}

/** Whether a URI may come from a template (RFC 6570): by what stands before, between and after its expressions. */
export function fits(template: string, uri: string): boolean {
  const [start = '', ...rest] = template.split(/\{[^{}]*\}/);
  if (rest.length === 0) return template === uri;
  if (!uri.startsWith(start)) return false;
  let at = start.length;
  for (const [i, literal] of rest.entries()) {
    if (i === rest.length - 1) return uri.length - literal.length >= at && uri.endsWith(literal);
    const found = uri.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  return false;
}
