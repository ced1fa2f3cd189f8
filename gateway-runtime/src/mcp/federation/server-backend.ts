import {
  CLIENT_FEATURES,
  type AllowedRoles,
  type ArgumentRules,
  type ClientFeature,
  type McpServer,
} from 'agentyard/contract';
import type { Caller } from '../../auth/caller.js';
import { may } from '../../pipeline/authorize.js';
import type { UpstreamTarget } from '../upstream/target.js';
import { isObject, type JsonObject } from '../wire/json-rpc.js';
import { contextOf, PerContext } from './authorization-context.js';
import { KnownItems, type ListMethod } from './known-items.js';
import { argumentRulesOf } from './tool-rules.js';

/** What a server of others can ask of a client, by the method of its request. */
const ASKED_BY: ReadonlyMap<string, ClientFeature> = new Map([
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
  ['sampling/createMessage', 'sampling'],
]);

/** An MCP server of others behind an endpoint: the document says who may use what of it. */
export class ServerBackend {
  public readonly kind = 'server';
  /** Which arguments may be given to its tools, for those that have rules. */
  public readonly argumentRules: ReadonlyMap<string, ArgumentRules>;
  private readonly seen = new PerContext<KnownItems>();
  private readonly rolesOfTools: ReadonlyMap<string, AllowedRoles>;

  public constructor(
    private readonly server: McpServer,
    public readonly target: UpstreamTarget,
  ) {
    this.argumentRules = argumentRulesOf(server.tools);
    this.rolesOfTools = new Map(server.tools.map(({ name, allowedRoles }) => [name, allowedRoles]));
  }

  /** Where it is, and who may call what. */
  public get toolRules(): unknown {
    const { endpoint, tools, otherTools } = this.server;
    return [endpoint, tools, otherTools];
  }

  /** In whose name it is asked for a caller. */
  public contextOf(caller: Caller): string {
    return contextOf(this.server, caller);
  }

  /** What it was seen to have for a caller. */
  public knownTo(caller: Caller): KnownItems {
    const context = this.contextOf(caller);
    const known = this.seen.get(context);
    if (known !== undefined) return known;
    const nothing = new KnownItems();
    this.seen.set(context, nothing);
    return nothing;
  }

  /** Whether it was seen to have something for anybody. */
  public hasShown(list: ListMethod, name: string): boolean {
    return this.seen.some((known) => known.has(list, name));
  }

  public mayCall(tool: string, caller: Caller): boolean {
    return may(caller, { allowedRoles: this.rolesOfTools.get(tool) ?? this.server.otherTools });
  }

  /** Whether the caller may call any tool. */
  public mayCallSome(caller: Caller): boolean {
    return [...this.rolesOfTools.values(), this.server.otherTools].some((allowedRoles) =>
      may(caller, { allowedRoles }),
    );
  }

  /** Whether everybody sees the same tools. */
  public get isOpen(): boolean {
    return [...this.rolesOfTools.values(), this.server.otherTools].every((allowedRoles) => allowedRoles === '*');
  }

  /** Whether everybody may read what it has. */
  public get isReadable(): boolean {
    return this.server.resources === '*';
  }

  public mayRead(caller: Caller): boolean {
    return may(caller, { allowedRoles: this.server.resources });
  }

  public mayPrompt(caller: Caller): boolean {
    return may(caller, { allowedRoles: this.server.prompts });
  }

  /** Whether it may send a client this request. */
  public mayAsk(method: string): boolean {
    const feature = ASKED_BY.get(method);
    return method === 'ping' || (feature !== undefined && this.server.mayAsk.includes(feature));
  }

  /** What it is told of a client: not what it may not ask for. */
  public shown(capabilities: JsonObject): JsonObject {
    const hidden = CLIENT_FEATURES.filter((feature) => !this.server.mayAsk.includes(feature));
    if (!hidden.some((feature) => feature in capabilities)) return capabilities;
    return Object.fromEntries(Object.entries(capabilities).filter(([name]) => !hidden.some((each) => each === name)));
  }

  /** Which of its capabilities a caller may use. */
  public offered(capabilities: JsonObject, caller: Caller): JsonObject {
    const canPrompt = this.mayPrompt(caller);
    const canRead = this.mayRead(caller);
    const allowed: Readonly<Record<string, boolean>> = {
      tools: this.mayCallSome(caller),
      prompts: canPrompt,
      resources: canRead,
      completions: canPrompt || canRead,
      logging: this.mayCallSome(caller) || canPrompt || canRead,
    };
    return Object.fromEntries(
      Object.entries(capabilities).filter(([name, value]) => isObject(value) && allowed[name] === true),
    );
  }
}
