import { isObject, type JsonObject } from '../wire/json-rpc.js';

/** A list that servers have, as its method is called. */
export type ListMethod = 'tools/list' | 'prompts/list' | 'resources/list' | 'resources/templates/list';

/** The member of a list's result that has its items, and the member of each that names it. */
export const LISTS: Readonly<Record<ListMethod, { readonly items: string; readonly key: string }>> = {
  'tools/list': { items: 'tools', key: 'name' },
  'prompts/list': { items: 'prompts', key: 'name' },
  'resources/list': { items: 'resources', key: 'uri' },
  'resources/templates/list': { items: 'resourceTemplates', key: 'uriTemplate' },
};

/** How long what was seen counts for finding the owner of a name, in milliseconds. */
const FRESH_MS = 60_000;

interface Seen {
  readonly names: ReadonlySet<string>;
  readonly at: number;
}

/**
 * Names that a server was last seen to have. They decide only which server a name belongs to, never who may use it; a
 * server that is down keeps them, so that names do not change with it.
 */
export class KnownItems {
  private readonly seen = new Map<ListMethod, Seen>();
  private headers: ReadonlyMap<string, readonly ParameterHeader[]> = new Map();

  public constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes a whole list. */
  public learn(list: ListMethod, items: readonly JsonObject[]): void {
    const names = items.map((item) => item[LISTS[list].key]).filter((name) => typeof name === 'string');
    this.seen.set(list, { names: new Set(names), at: this.now() });
    if (list === 'tools/list') this.headers = new Map(items.map((tool) => [String(tool.name), parameterHeaders(tool)]));
  }

  public has(list: ListMethod, name: string): boolean {
    return this.seen.get(list)?.names.has(name) ?? false;
  }

  /** All names, oldest knowledge included. */
  public names(list: ListMethod): ReadonlySet<string> {
    return this.seen.get(list)?.names ?? new Set();
  }

  /** Whether the list should be read again before it is said that a name is not in it. */
  public isStale(list: ListMethod): boolean {
    const at = this.seen.get(list)?.at;
    return at === undefined || this.now() - at > FRESH_MS;
  }

  /** Which arguments of a tool its server wants to see in headers. */
  public parameterHeaders(tool: string): readonly ParameterHeader[] {
    return this.headers.get(tool) ?? [];
  }
}

/** An argument that a request repeats in a header (MCP 2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters"). */
export interface ParameterHeader {
  readonly argument: readonly string[];
  /** Name of the header, in lower case. */
  readonly header: string;
}

/** Deepest object whose properties are looked at. */
const MAX_DEPTH = 8;

function parameterHeaders({ inputSchema }: JsonObject): ParameterHeader[] {
  return isObject(inputSchema) ? headersOf(inputSchema, []) : [];
}

function headersOf({ properties }: JsonObject, path: readonly string[]): ParameterHeader[] {
  if (!isObject(properties) || path.length >= MAX_DEPTH) return [];
  return Object.entries(properties).flatMap(([name, schema]) => {
    if (!isObject(schema)) return [];
    const header = schema['x-mcp-header'];
    const own =
      typeof header === 'string' ? [{ argument: [...path, name], header: `mcp-param-${header.toLowerCase()}` }] : [];
    return [...own, ...headersOf(schema, [...path, name])];
  });
}
