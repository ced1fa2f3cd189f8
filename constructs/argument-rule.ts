import type { IConstruct } from 'constructs';
import {
  AGENT_ARGUMENTS,
  ANY_CALLER,
  argumentRuleFaults,
  type ArgumentRule as RuleSection,
  type ToolPermission,
} from '../lib/contract';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { allowedRolesOf } from './allowed-roles';
import type { Role } from './role';

/** What the arguments of a call have to meet beside a role. */
export interface ArgumentRuleOptions {
  /**
   * JSON Schema (2020-12) of the arguments, of `type: object`. It is read strictly: each keyword needs the `type` of its
   * values beside it, and unknown keywords and `format` are refused. Patterns are RE2.
   * @default - an expression alone
   */
  readonly schema?: Record<string, any>;
  /**
   * Expression in CEL (Common Expression Language) that is true for what is allowed: over `args`, `user.sub`,
   * `user.roles` and `tool`, such as `args.owner == user.sub`.
   * @default - a schema alone
   */
  readonly expression?: string;
}

/** Which arguments the users with one role may give to a tool, or to an agent. */
export class ArgumentRule {
  /**
   * A rule for users with one role.
   *
   * @param role the role, one of those that may call the tool, or invoke the agent; `Role.anyCaller()` for all that have no rule of their own,
   *   services that act for themselves among them
   */
  public static forRole(role: Role, options: ArgumentRuleOptions): ArgumentRule {
    return new ArgumentRule(role, options);
  }

  /** @internal */
  public readonly _role: Role;

  private constructor(
    role: Role,
    private readonly options: ArgumentRuleOptions,
  ) {
    this._role = role;
  }

  /** As documents say it. @internal */
  public get _section(): RuleSection {
    const { schema, expression } = this.options;
    return { role: this._role.roleName, schema: schema as RuleSection['schema'], expression };
  }
}

/** The roles that rules tell apart; empty for all callers. */
export function rolesOfRules(rules: readonly ArgumentRule[] = []): Role[] {
  return rules.map(({ _role }) => _role).filter(({ roleName }) => roleName !== ANY_CALLER);
}

/**
 * The argument rules of a tool, as documents say them. What is wrong with them is reported, and then fails the synthesis.
 *
 * @param roles who may call the tool
 */
export function argumentRulesOf(
  place: IConstruct,
  tool: string,
  roles: readonly Role[],
  rules?: readonly ArgumentRule[],
): ToolPermission['argumentRules'] {
  return checkedRules(place, `of the tool "${tool}", `, roles, rules);
}

/** The same of an agent. @param roles who may invoke it */
export function argumentRulesOfAgent(
  agent: IConstruct,
  roles: readonly Role[],
  rules?: readonly ArgumentRule[],
): ToolPermission['argumentRules'] {
  return checkedRules(agent, '', roles, rules, AGENT_ARGUMENTS);
}

function checkedRules(
  place: IConstruct,
  what: string,
  roles: readonly Role[],
  rules: readonly ArgumentRule[] = [],
  names?: readonly string[],
): ToolPermission['argumentRules'] {
  if (rules.length === 0) return undefined;
  const argumentRules = rules.map(({ _section }) => _section);
  const faults = argumentRuleFaults({ allowedRoles: allowedRolesOf(roles), argumentRules }, names);
  if (faults.length === 0) return argumentRules;
  for (const { path, message } of faults) {
    const fault = {
      message: `${what}${path.slice(2)} ${message}`,
      remedy: 'Correct the rule; docs/policy.md says what rules may have',
    };
    reportFault(place, new SynthError('ARGUMENT_RULE_INVALID', place, fault));
  }
  return undefined;
}
