import type { ForeignNames } from 'agentyard/contract';
import type { Caller } from '../../auth/caller.js';
import type { AgentTool } from '../agents/agent-tool.js';
import type { ListMethod } from './known-items.js';
import type { ServerBackend } from './server-backend.js';
import type { ToolsetBackend } from './toolset-backend.js';

/** What answers MCP behind an endpoint. */
export type Backend = ToolsetBackend | ServerBackend;

/** Something of a backend, by the name that it has there. */
export interface Owned<B extends Backend = Backend> {
  readonly backend: B;
  readonly name: string;
}

/** What stands between the name of a server and the name, or URI, of what it has. */
const SEPARATORS: Readonly<Record<ListMethod, string>> = {
  'tools/list': '__',
  'prompts/list': '__',
  'resources/list': '+',
  'resources/templates/list': '+',
};

/** What is offered at one endpoint, and under which names. */
export class Catalog {
  /** All backends and agents' tools of a document, under names that are told apart. */
  public static ofAll(backends: readonly Backend[], agents: readonly AgentTool[], names: ForeignNames): Catalog {
    return new Catalog(backends, agents, names, ({ as }) => as);
  }

  /** One backend, under its own names. */
  public static ofOne(backend: Backend): Catalog {
    return new Catalog([backend], [], 'own', ({ name }) => name);
  }

  /** The tool of one agent. */
  public static ofAgent(agent: AgentTool): Catalog {
    return new Catalog([], [agent], 'own', ({ name }) => name);
  }

  /** Tools that are agents, by their names. */
  public readonly agents: ReadonlyMap<string, AgentTool>;
  public readonly servers: readonly ServerBackend[];
  public readonly toolsets: readonly ToolsetBackend[];
  private readonly declared: ReadonlyMap<string, Owned<ToolsetBackend>>;
  private readonly declaredNames: ReadonlyMap<ToolsetBackend, ReadonlyMap<string, string>>;

  private constructor(
    public readonly backends: readonly Backend[],
    agents: readonly AgentTool[],
    private readonly names: ForeignNames,
    offered: (tool: { readonly name: string; readonly as: string }) => string,
  ) {
    this.agents = new Map(agents.map((agent) => [agent.name, agent]));
    this.servers = backends.filter((backend) => backend.kind === 'server');
    this.toolsets = backends.filter((backend) => backend.kind === 'toolset');
    const declared = this.toolsets.flatMap((backend) =>
      backend.declared.map((tool) => ({ as: offered(tool), owned: { backend, name: tool.name } })),
    );
    this.declared = new Map(declared.map(({ as, owned }) => [as, owned]));
    this.declaredNames = new Map(
      this.toolsets.map((backend) => [backend, new Map(backend.declared.map((tool) => [tool.name, offered(tool)]))]),
    );
  }

  /** Which tools it has by the document, under which names and for whom: equal texts mean that none has changed. */
  public get toolRules(): string {
    return JSON.stringify([
      this.names,
      [...this.agents.values()].map(({ rules }) => rules),
      this.backends.map(({ kind, target, toolRules }) => [kind, target.name, toolRules]),
    ]);
  }

  /** The server that alone stands behind the endpoint. */
  public get onlyServer(): ServerBackend | undefined {
    return this.backends.length === 1 && this.agents.size === 0 ? this.servers[0] : undefined;
  }

  /** The tool of a toolset that is offered under a name. */
  public declaredTool(as: string): Owned<ToolsetBackend> | undefined {
    return this.declared.get(as);
  }

  /** The name under which a toolset's tool is offered. */
  public nameOfDeclared(backend: ToolsetBackend, tool: string): string | undefined {
    return this.declaredNames.get(backend)?.get(tool);
  }

  /**
   * The name under which something of a server is offered to a caller; absent if a name is never changed, and another
   * backend has it.
   */
  public nameOf(list: ListMethod, { backend, name }: Owned<ServerBackend>, caller: Caller): string | undefined {
    if (this.names === 'prefixed') return this.prefixed(list, backend, name);
    if (this.names === 'own') return this.ownersOf(list, name, caller)[0] === backend ? name : undefined;
    return this.isShared(list, name, caller) ? this.prefixed(list, backend, name) : name;
  }

  /** What a name means to a caller, as far as the servers' lists are known. */
  public find(list: ListMethod, as: string, caller: Caller): Owned | undefined {
    const declared = list === 'tools/list' ? this.declared.get(as) : undefined;
    if (declared !== undefined) return declared;
    if (this.names === 'own' || (this.names !== 'prefixed' && !this.looksPrefixed(list, as))) {
      const owners = this.ownersOf(list, as, caller);
      const [first] = owners;
      if (first !== undefined && (owners.length === 1 || this.names === 'own')) return { backend: first, name: as };
    }
    return this.names === 'own' ? undefined : this.withPrefix(list, as);
  }

  /** Servers that were seen to have something of this name which the caller may use; none where the document has it. */
  private ownersOf(list: ListMethod, name: string, caller: Caller): ServerBackend[] {
    if (this.isDeclared(list, name)) return [];
    return this.servers.filter(
      (server) => server.knownTo(caller).has(list, name) && mayUse(server, list, name, caller),
    );
  }

  private isShared(list: ListMethod, name: string, caller: Caller): boolean {
    if (this.looksPrefixed(list, name) || this.isDeclared(list, name)) return true;
    return this.ownersOf(list, name, caller).length > 1;
  }

  /** Whether it is the name of a toolset's tool, or of an agent. */
  private isDeclared(list: ListMethod, name: string): boolean {
    return list === 'tools/list' && (this.declared.has(name) || this.agents.has(name));
  }

  /** Whether a name could be taken for that of something of one of the servers: no server gets calls meant for another. */
  private looksPrefixed(list: ListMethod, name: string): boolean {
    return this.withPrefix(list, name) !== undefined;
  }

  private withPrefix(list: ListMethod, as: string): Owned<ServerBackend> | undefined {
    const backend = this.servers.find(({ target }) => as.startsWith(target.name + SEPARATORS[list]));
    if (backend === undefined) return undefined;
    return { backend, name: as.slice(backend.target.name.length + SEPARATORS[list].length) };
  }

  private prefixed(list: ListMethod, { target }: ServerBackend, name: string): string {
    return target.name + SEPARATORS[list] + name;
  }
}

/** Whether the rules of a server let a caller use something of it. */
export function mayUse(server: ServerBackend, list: ListMethod, name: string, caller: Caller): boolean {
  if (list === 'tools/list') return server.mayCall(name, caller);
  return list === 'prompts/list' ? server.mayPrompt(caller) : server.mayRead(caller);
}

/** Whether a caller may use anything of a server: if not, the server is not asked for it at all. */
export function mayUseSome(server: ServerBackend, caller: Caller): boolean {
  return server.mayCallSome(caller) || server.mayPrompt(caller) || server.mayRead(caller);
}

/** Whether a caller may use anything of a list of a server. */
export function mayList(server: ServerBackend, list: ListMethod, caller: Caller): boolean {
  if (list === 'tools/list') return server.mayCallSome(caller);
  return list === 'prompts/list' ? server.mayPrompt(caller) : server.mayRead(caller);
}
