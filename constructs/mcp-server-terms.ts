import { Duration } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { ClientFeature, LoadLimitsInput, McpServerInput } from '../lib/contract';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { checkedDeadline } from '../lib/synth/deadline';
import { allowedRolesOf } from './allowed-roles';
import { argumentRulesOf, rolesOfRules } from './argument-rule';
import { loadLimitsOf } from './load-limits';
import type { McpServerOptions } from './mcp-server-options';
import type { Role } from './role';
import type { ShowingGateway, UpstreamCredentials } from './upstream-credentials';

const USUAL_TIMEOUT = Duration.seconds(30);
const USUAL_LIST_TIMEOUT = Duration.seconds(5);
/** Longest name of a tool. */
const LONGEST_TOOL_NAME = 128;

/** A part of a server, and who may use it. */
export interface ServerPart {
  /** `the tool "search"`, `the resources`. */
  readonly what: string;
  /** Those that may, and those that its rules tell apart. */
  readonly roles: readonly Role[];
}

/** The terms on which a server stands behind gateways: who may use what of it, and how long it may take. */
export class McpServerTerms {
  /** Path of the server's construct. */
  public readonly path: string;
  public readonly timeoutMs: number;
  /** All parts that somebody may be allowed to use. */
  public readonly parts: readonly ServerPart[];
  /** Names of the tools that are named. */
  public readonly toolNames: readonly string[];
  private readonly listTimeoutMs: number;
  private readonly tools: NonNullable<McpServerInput['tools']>;
  private readonly limits: LoadLimitsInput;

  public constructor(
    place: IConstruct,
    private readonly options: McpServerOptions,
  ) {
    const { otherToolRoles = [], resourceRoles = [], promptRoles = [] } = options;
    this.path = place.node.path;
    this.timeoutMs = deadline(place, 'timeout', options.timeout, USUAL_TIMEOUT);
    this.listTimeoutMs = deadline(place, 'listTimeout', options.listTimeout, USUAL_LIST_TIMEOUT);
    this.toolNames = Object.keys({ ...options.toolRoles, ...options.argumentRules }).filter((name) =>
      isToolName(place, name),
    );
    this.tools = this.toolNames.map((name) => {
      const roles = this.rolesOf(name);
      const argumentRules = argumentRulesOf(place, name, roles, options.argumentRules?.[name]);
      return { name, allowedRoles: allowedRolesOf(roles), argumentRules };
    });
    this.limits = loadLimitsOf(place, options.load);
    this.parts = [
      ...this.toolNames.map((name) => {
        const named = rolesOfRules(options.argumentRules?.[name]);
        return { what: `the tool "${name}"`, roles: [...this.rolesOf(name), ...named] };
      }),
      { what: 'the other tools', roles: otherToolRoles },
      { what: 'the resources', roles: resourceRoles },
      { what: 'the prompts', roles: promptRoles },
    ];
  }

  /** What gateways show it, if anything. */
  public get credentials(): UpstreamCredentials | undefined {
    return this.options.credentials;
  }

  /** As the document of a gateway says it. @param name of the server */
  public section(name: string, showing: ShowingGateway): Omit<McpServerInput, 'name' | 'endpoint'> {
    const { otherToolRoles = [], resourceRoles = [], promptRoles = [], mayAsk = [] } = this.options;
    return {
      credentials: this.credentials?._section(name, showing),
      timeoutMs: this.timeoutMs,
      limits: this.limits,
      listTimeoutMs: this.listTimeoutMs,
      tools: [...this.tools],
      otherTools: allowedRolesOf(otherToolRoles),
      resources: allowedRolesOf(resourceRoles),
      prompts: allowedRolesOf(promptRoles),
      mayAsk: [...new Set(mayAsk as readonly ClientFeature[])].sort(),
    };
  }

  private rolesOf(tool: string): readonly Role[] {
    const { toolRoles = {}, otherToolRoles = [] } = this.options;
    return (Object.hasOwn(toolRoles, tool) ? toolRoles[tool] : undefined) ?? otherToolRoles;
  }
}

function isToolName(place: IConstruct, name: string): boolean {
  if (name !== '' && name.length <= LONGEST_TOOL_NAME) return true;
  const fault = {
    message: `toolRoles or argumentRules name the tool "${name}"`,
    remedy: `Give the name that the server has for it, 1 to ${LONGEST_TOOL_NAME} characters`,
  };
  reportFault(place, new SynthError('MCP_SERVER_INVALID', place, fault));
  return false;
}

function deadline(place: IConstruct, prop: string, given: Duration | undefined, usual: Duration): number {
  const usualMs = usual.toMilliseconds();
  if (given === undefined) return usualMs;
  return deferFault(place, () => checkedDeadline(prop, given.toMilliseconds(), place.node.path), usualMs);
}
