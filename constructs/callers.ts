import type { AgentIdentity, ToolsetIdentity } from '../lib/contract';

/** A service that calls an agent or a toolset. */
export interface Caller {
  /** What it is called in logs: `<namespace>/<name>`. */
  readonly name: string;
  /** `sub` of its ServiceAccount tokens. */
  readonly subject: string;
  /** Gateways whose user claims it may bring; known when the program is complete. */
  readonly claimIssuers: () => readonly string[];
}

interface Grants {
  readonly caller: Caller;
  readonly tools: Set<string>;
  readonly ownTools: Set<string>;
}

/** Who may call a toolset, and what of it: for users, and for itself. */
export class ToolsetCallers {
  private readonly bySubject = new Map<string, Grants>();

  /** Lets a caller use tools for users whose roles allow it. */
  public admit(caller: Caller, tools: readonly string[]): void {
    for (const tool of tools) this.of(caller).tools.add(tool);
  }

  /** Lets a caller use tools for itself. */
  public admitForItself(caller: Caller, tools: readonly string[]): void {
    for (const tool of tools) this.of(caller).ownTools.add(tool);
  }

  /** As the document says it, in an order of its own. */
  public render(): ToolsetIdentity['callers'] {
    return sorted(this.bySubject).map(({ caller, tools, ownTools }) => ({
      name: caller.name,
      subject: caller.subject,
      claimIssuers: [...new Set(caller.claimIssuers())].sort(),
      tools: [...tools].sort(),
      ownTools: [...ownTools].sort(),
    }));
  }

  private of(caller: Caller): Grants {
    const known = this.bySubject.get(caller.subject) ?? { caller, tools: new Set(), ownTools: new Set() };
    this.bySubject.set(caller.subject, known);
    return known;
  }
}

/** Who may call an agent: gateways for users, and services for themselves. */
export class AgentCallers {
  private readonly gateways = new Map<string, Caller>();
  private readonly services = new Map<string, Caller>();

  public admitGateway(caller: Caller): void {
    this.gateways.set(caller.subject, caller);
  }

  public admitService(caller: Caller): void {
    this.services.set(caller.subject, caller);
  }

  /** Gateways that call the agent for users. */
  public get claimIssuers(): string[] {
    return [...this.gateways.values()].flatMap(({ claimIssuers }) => claimIssuers()).sort();
  }

  /** As the document says it, in an order of its own. */
  public render(): AgentIdentity['callers'] {
    return sorted(new Map([...this.services, ...this.gateways])).map(({ name, subject, claimIssuers }) => ({
      name,
      subject,
      claimIssuers: [...claimIssuers()],
      withoutUser: this.services.has(subject),
    }));
  }
}

function sorted<T>(bySubject: ReadonlyMap<string, T>): T[] {
  return [...bySubject].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
