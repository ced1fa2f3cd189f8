import type { IConstruct } from 'constructs';
import { ANY_CALLER, MOST_ROUTE_HEADERS, type GatewayDocumentInput, type RouteHeader } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import type { Agent } from './agent';
import type { HeaderMatch } from './header-match';
import type { Role } from './role';
import { checkPattern } from './route-pattern';

type RouteMatchConfig = GatewayDocumentInput['routes'][number]['match'];

/** Conditions of a match that have to hold beside the agent or intent. */
export interface RouteMatchOptions {
  /**
   * Headers that the request must have too, all of them.
   * @default - any
   */
  readonly headers?: HeaderMatch[];
  /**
   * Roles of which the caller must have one too. They choose where a request goes; who may go there is said by
   * `allowedRoles` of the agent.
   * @default - callers with any roles, or none
   */
  readonly callerRoles?: Role[];
}

/** Which requests a route takes. */
export class RouteMatch {
  /** Requests that name this agent. */
  public static agent(agent: Agent, options: RouteMatchOptions = {}): RouteMatch {
    return new RouteMatch({ by: 'agent', agent: agent.node.id }, options, agent);
  }

  /**
   * Requests without an agent whose `intent` matches. A route whose pattern is invalid fails with ROUTE_PATTERN_INVALID.
   *
   * @param pattern regular expression in RE2 syntax, unanchored, case-sensitive (`(?i)` makes it insensitive)
   */
  public static intent(pattern: string, options: RouteMatchOptions = {}): RouteMatch {
    return new RouteMatch({ by: 'intent', pattern }, options);
  }

  /** @internal */
  public readonly _agent?: Agent;
  /** @internal */
  public readonly _callerRoles: readonly Role[];
  private readonly target: RouteMatchConfig;
  private readonly options: RouteMatchOptions;

  private constructor(target: RouteMatchConfig, options: RouteMatchOptions, agent?: Agent) {
    this.target = target;
    this.options = options;
    this._callerRoles = options.callerRoles ?? [];
    this._agent = agent;
  }

  /** @internal */
  public _configFor(route: IConstruct): RouteMatchConfig {
    const { headers = [], callerRoles } = this.options;
    if (this.target.by === 'intent') checkPattern(this.target.pattern, route);
    const conditions = headers.map((header) => header._configFor(route));
    checkNumber(route, conditions);
    return {
      ...this.target,
      headers: conditions.length === 0 ? undefined : conditions,
      callerRoles: callerRoles && rolesOf(route, callerRoles),
    };
  }
}

function checkNumber(route: IConstruct, headers: readonly RouteHeader[]): void {
  const names = headers.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined && names.length <= MOST_ROUTE_HEADERS) return;
  throw new SynthError('ROUTE_HEADER_INVALID', route, {
    message: twice === undefined ? `it goes by ${names.length} headers` : `the header ${twice} is given twice`,
    remedy: `Give each once, ${MOST_ROUTE_HEADERS} at most; a pattern can ask for several things of one`,
  });
}

function rolesOf(route: IConstruct, roles: readonly Role[]): string[] {
  const names = [...new Set(roles.map(({ roleName }) => roleName))].sort();
  if (names.length > 0 && !names.includes(ANY_CALLER)) return names;
  throw new SynthError('ROLE_INVALID', route, {
    message: names.length === 0 ? 'callerRoles is empty' : 'Role.anyCaller() is no role that a caller has',
    remedy: 'Leave callerRoles out if the route is for every caller, or name a role',
  });
}
