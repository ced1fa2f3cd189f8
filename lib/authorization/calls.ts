import { ANY_CALLER, type AllowedRoles } from '../contract';
import { Platform, type KubernetesObject, type PlatformOptions } from '../reachability';
import { firstMissing, isOpenToSome, pathOf, type CallPath, type Candidate } from './call-path';
import { foreignAgentCandidates, foreignGatewayCandidates, foreignGateways } from './foreign-paths';
import { knownRoles } from './known-roles';
import { rolesOf, type Principal, type UserPrincipal } from './principal';
import { Program, type Target } from './program';
import { fewestRoles } from './role-sets';
import { serverCandidate, serverNames, serverTools } from './server-paths';
import { isNamed, serviceCandidates } from './service-paths';
import { serviceTitle } from './service-subject';
import { isOfServer, ownerText, toolKey, type ToolId } from './tool-id';
import { userCandidates } from './user-paths';
import { WorkloadDocuments } from './workload-documents';

/** Whether somebody may call a tool, and why. */
export interface CallVerdict {
  readonly allowed: boolean;
  /** All ways on which it may be called. */
  readonly paths: readonly CallPath[];
  /** What is missing first on the most promising way, in words; absent if it may be called. */
  readonly whyNot?: string;
}

/** Who may call which tool, by the documents and policies in manifests alone: directly, and through agents. */
export class Calls {
  /**
   * Reads manifests, which must have all that decides over traffic.
   *
   * @throws NotUnderstoodError for what decides over traffic and is not understood
   * @throws DocumentsError for documents of runtimes that are missing or wrong
   */
  public static fromObjects(objects: Iterable<KubernetesObject>, options: PlatformOptions = {}): Calls {
    const list = [...objects];
    const platform = Platform.fromObjects(list, options);
    return Calls.of(platform, WorkloadDocuments.read(list, platform.workloads));
  }

  public static of(platform: Platform, documents: WorkloadDocuments): Calls {
    return new Calls(new Program(platform, documents));
  }

  /** All tools that toolsets serve, and those of MCP servers of others as far as documents tell of them. */
  public readonly tools: readonly ToolId[];
  /** Names of the MCP servers of others that gateways serve. */
  public readonly servers: readonly string[];
  /** All roles that documents name, but for `*`, which is none. */
  public readonly roles: readonly string[];
  /** All gateways, `namespace/name`; those, too, that documents name and that are not among the manifests. */
  public readonly gateways: readonly string[];
  /** `sub` of agents, and of all other callers that documents name beside gateways. */
  public readonly services: readonly string[];
  private readonly open = new Map<string, readonly Candidate[]>();

  private constructor(private readonly program: Program) {
    const own = program.toolsets.flatMap(({ name, document }) =>
      document.tools.map((tool) => ({ toolset: name, tool: tool.name })),
    );
    this.tools = [...own, ...serverTools(program)];
    this.servers = serverNames(program);
    this.roles = knownRoles(program);
    this.gateways = [...program.gateways.map(({ name }) => name), ...foreignGateways(program)];
    this.services = this.namedServices();
  }

  /**
   * Whether somebody may call a tool, on which ways, and if on none, why not.
   *
   * @throws RangeError for a tool or gateway that is not there
   */
  public canCall(principal: Principal, tool: ToolId): CallVerdict {
    const paths = this.pathsFor(principal, tool);
    if (paths.length > 0) return { allowed: true, paths };
    return { allowed: false, paths, whyNot: this.whyNot(principal, tool) };
  }

  /** All ways on which somebody may call a tool. @throws RangeError for a tool or gateway that is not there */
  public pathsFor(principal: Principal, tool: ToolId): CallPath[] {
    const roles = 'roles' in principal ? rolesOf(principal) : [];
    return this.openTo(principal, tool).flatMap((candidate) => pathOf(candidate, roles) ?? []);
  }

  /** All tools that somebody may call. @throws RangeError for a gateway that is not there */
  public toolsFor(principal: Principal): ToolId[] {
    return this.tools.filter((tool) => this.pathsFor(principal, tool).length > 0);
  }

  /**
   * Which of the roles that documents name may call a tool, each by itself; `*` if every caller may.
   *
   * @param gateway the one gateway that is asked; absent: any of them
   * @throws RangeError for a tool or gateway that is not there
   */
  public rolesFor(tool: ToolId, gateway?: string): AllowedRoles {
    const may = (roles: readonly string[]) => this.pathsFor({ roles, gateway }, tool).length > 0;
    return may([]) ? ANY_CALLER : this.roles.filter((role) => may([role]));
  }

  /**
   * The fewest roles with which a user may call a tool: `[]` stands for every caller, `['a', 'b']` for whoever has both.
   *
   * @param gateway the one gateway that is asked; absent: any of them
   * @throws RangeError for a tool or gateway that is not there
   */
  public fewestRolesFor(tool: ToolId, gateway?: string): string[][] {
    return fewestRoles(this.openTo({ roles: [], gateway }, tool));
  }

  /** The ways of somebody, whatever its roles, on which nothing else is missing. */
  private openTo(principal: Principal, tool: ToolId): readonly Candidate[] {
    if ('roles' in principal) return this.openToUsers(principal, tool);
    const { subject } = principal;
    if (this.isServed(tool)) return [];
    const isKnown = this.targetsOf(tool).some((target) => isNamed(this.program, subject, target));
    return isKnown ? this.candidatesFor(principal, tool).filter(isOpenToSome) : [];
  }

  /** Remembered, since it is asked for one role after the other. */
  private openToUsers(principal: UserPrincipal, tool: ToolId): readonly Candidate[] {
    const key = `${principal.gateway ?? ''} ${toolKey(tool)}`;
    const open = this.open.get(key) ?? this.candidatesFor(principal, tool).filter(isOpenToSome);
    this.open.set(key, open);
    return open;
  }

  private candidatesFor(principal: Principal, tool: ToolId): Candidate[] {
    if (this.isServed(tool)) return this.serverCandidatesFor(principal, tool);
    const targets = this.targetsOf(tool);
    if (!('roles' in principal)) {
      return targets.flatMap((target) => serviceCandidates(this.program, principal.subject, target));
    }
    const isAsked = this.askedBy(principal);
    const gateways = this.program.gateways.filter(({ name }) => isAsked(name));
    return targets.flatMap((target) => [
      ...gateways.flatMap((one) => userCandidates(this.program, one, target)),
      ...gateways.flatMap((one) => foreignAgentCandidates(this.program, one, target)),
      ...foreignGatewayCandidates(this.program, target).filter((candidate) => isAsked(candidate.gateway)),
    ]);
  }

  private serverCandidatesFor(principal: Principal, tool: ToolId): Candidate[] {
    if (!('roles' in principal)) return [];
    const isAsked = this.askedBy(principal);
    const gateways = this.program.gateways.filter(({ name }) => isAsked(name));
    return gateways.map((gateway) => serverCandidate(this.program, gateway, tool));
  }

  /** Whether a gateway is one of those that a user may call. @throws RangeError for a gateway that is not there */
  private askedBy({ gateway }: UserPrincipal): (name: string | undefined) => boolean {
    if (gateway !== undefined && !this.gateways.includes(gateway)) {
      throw new RangeError(`there is no gateway ${gateway}; there are ${this.gateways.join(', ') || 'none'}`);
    }
    return (name) => gateway === undefined || name === gateway;
  }

  /** Whether a tool is asked for of an MCP server that a gateway serves. @throws RangeError for another server */
  private isServed(tool: ToolId): boolean {
    if (!isOfServer(tool)) return false;
    if (this.servers.includes(tool.toolset)) return true;
    throw new RangeError(`there is no MCP server ${tool.toolset}; there are ${this.servers.join(', ') || 'none'}`);
  }

  private whyNot(principal: Principal, tool: ToolId): string {
    const roles = 'roles' in principal ? rolesOf(principal) : [];
    const missing = firstMissing(this.candidatesFor(principal, tool), roles);
    if (missing !== undefined) return missing;
    if ('roles' in principal) return 'there is no gateway among the manifests';
    if (isOfServer(tool)) return `${ownerText(tool)} is called by gateways for users alone`;
    return `${serviceTitle(principal.subject)} is a gateway, which calls for users alone`;
  }

  /** Each toolset of the name that serves the tool. */
  private targetsOf({ toolset, tool }: ToolId): Target[] {
    const named = this.program.toolsets.filter(({ name }) => name === toolset);
    const serving = named.filter(({ document }) => document.tools.some(({ name }) => name === tool));
    if (serving.length > 0) return serving.map((one) => ({ toolset: one, tool }));
    const there = named.flatMap(({ document }) => document.tools.map(({ name }) => name));
    if (named.length > 0) throw new RangeError(`toolset ${toolset} has no tool ${tool}; it has ${there.join(', ')}`);
    const names = this.program.toolsets.map(({ name }) => name).join(', ');
    throw new RangeError(`there is no toolset ${toolset}; there are ${names || 'none'}`);
  }

  private namedServices(): string[] {
    const { gateways, agents, toolsets } = this.program;
    const callers = [...agents, ...toolsets].flatMap(({ document }): readonly { subject: string }[] => {
      return document.identity.callers;
    });
    const all = new Set([...agents, ...callers].map(({ subject }) => subject));
    return [...all].filter((subject) => !gateways.some((gateway) => gateway.subject === subject)).sort();
  }
}
