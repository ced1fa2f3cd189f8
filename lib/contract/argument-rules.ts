import type { z } from 'zod';
import { compileExpression, type CallCheck, type CallSubject } from './argument-expression';
import { toolPermission, type ArgumentRule, type ToolPermission } from './argument-rule';
import { compileSchema, type Unmet } from './strict-schema';
import { faultsOf, jsonPath, type Fault, type InnerFault } from './fault';
import { ANY_CALLER, type AllowedRoles } from './role';

/** A rule that a call does not meet. */
export interface UnmetRule extends Unmet {
  readonly role: string;
}

/** The compiled argument rules of a tool or agent. */
export class ArgumentRules {
  /** The rules of a tool or agent of a document, which was checked; absent if it has none. */
  public static of({ allowedRoles, argumentRules }: ToolPermission): ArgumentRules | undefined {
    if (argumentRules === undefined) return undefined;
    return new ArgumentRules(allowedRoles, new Map(argumentRules.map((rule) => [rule.role, checkOf(rule)])));
  }

  private constructor(
    private readonly allowedRoles: AllowedRoles,
    private readonly checks: ReadonlyMap<string, CallCheck>,
  ) {}

  /**
   * Judges a call of somebody who may call the tool. Of several roles any is enough; one without a rule goes by the rule
   * for all (`*`), and may give all arguments if there is none.
   *
   * @returns what the call does not meet, by role; nothing if it is allowed
   */
  public unmetBy(args: unknown, subject: CallSubject): UnmetRule[] {
    const unmet: UnmetRule[] = [];
    for (const role of this.admitting(subject)) {
      const check = this.checks.get(role) ?? this.checks.get(ANY_CALLER);
      const found = check?.(args, subject);
      if (found === undefined) return [];
      unmet.push({ role, ...found });
    }
    return unmet;
  }

  /** By which roles a subject may call the tool. A service that acts for itself has none. */
  private admitting({ user }: CallSubject): string[] {
    if (user === undefined) return [ANY_CALLER];
    if (this.allowedRoles === ANY_CALLER) {
      return [ANY_CALLER, ...[...user.roles].filter((role) => this.checks.has(role))];
    }
    const held = new Set(user.roles);
    return this.allowedRoles.filter((role) => held.has(role));
  }
}

/** What a caller is told whose call met none of its rules: where and by which keyword, not what it has sent. */
export function unmetText(unmet: readonly UnmetRule[]): string {
  const each = unmet.map(({ path, keyword }) => `${path === '' ? '/' : path} (${keyword})`);
  return `The call is not allowed with these arguments: ${[...new Set(each)].join(', or ')}. Nothing was called.`;
}

/** The same for an audit line, which says nothing of the arguments: the keywords by their places in the document. */
export function unmetPlaces(unmet: readonly UnmetRule[]): string {
  return unmet.map(({ role, place }) => `${role} ${place}`).join(', ');
}

/**
 * What is wrong with the argument rules of a tool or agent: those that are not of their form, do not compile, or would
 * never count.
 *
 * @param names of all the arguments that there are, as far as that is known
 * @returns each with its path from the tool, `$.argumentRules[0].schema`
 */
export function argumentRuleFaults(tool: ToolPermission, names?: readonly string[]): Fault[] {
  const { error } = toolPermission.argumentRules.safeParse(tool.argumentRules);
  if (error !== undefined) return faultsOf(error.issues, ['argumentRules']);
  return ruleFaults(tool, names).map(({ keys, message }) => ({ path: jsonPath(['argumentRules', ...keys]), message }));
}

/** Adds what is wrong with the argument rules of a tool or agent. @param names as of `argumentRuleFaults` */
export function checkArgumentRules(
  tool: ToolPermission,
  context: Pick<z.RefinementCtx, 'addIssue'>,
  names?: readonly string[],
): void {
  for (const { keys, message } of ruleFaults(tool, names)) {
    context.addIssue({ code: 'custom', path: ['argumentRules', ...keys], message });
  }
}

function ruleFaults({ allowedRoles, argumentRules = [] }: ToolPermission, names?: readonly string[]): InnerFault[] {
  const own = argumentRules.flatMap((rule, i) => {
    const dead = deadFault(rule, i, argumentRules, allowedRoles);
    const faults = dead === undefined ? [] : [{ keys: ['role'], message: dead }];
    const all = [...faults, ...nameFaults(rule, names), ...partFaults(rule)];
    return all.map(({ keys, message }) => ({ keys: [i, ...keys], message }));
  });
  const isForAll = argumentRules.some(({ role }) => role === ANY_CALLER);
  if (allowedRoles !== ANY_CALLER || argumentRules.length === 0 || isForAll) return own;
  const message = 'needs a rule for "*" too, since every caller may call it, and without one with all arguments';
  return [...own, { keys: [], message }];
}

function deadFault(
  { role }: ArgumentRule,
  i: number,
  rules: readonly ArgumentRule[],
  allowedRoles: AllowedRoles,
): string | undefined {
  if (rules.findIndex((other) => other.role === role) !== i) {
    return `"${role}" has two rules; join them with allOf, or with && in an expression`;
  }
  if (role === ANY_CALLER || allowedRoles === ANY_CALLER || allowedRoles.includes(role)) return undefined;
  return `"${role}" is none of the roles that may call it: ${allowedRoles.join(', ') || 'none'}`;
}

/** A property that no call has would be met by all of them. */
function nameFaults({ schema }: ArgumentRule, names: readonly string[] | undefined): InnerFault[] {
  if (names === undefined) return [];
  const unknown = Object.keys(schema?.properties ?? {}).filter((name) => !names.includes(name));
  const message = `is none of the arguments that there are: ${names.join(', ')}`;
  return unknown.map((name) => ({ keys: ['schema', 'properties', name], message }));
}

function partFaults(rule: ArgumentRule): InnerFault[] {
  return compiledParts(rule).flatMap(([key, part]) =>
    Array.isArray(part) ? part.map(({ keys, message }) => ({ keys: [key, ...keys], message })) : [],
  );
}

/** All parts of a rule have to be met. What does not compile is never met. */
function checkOf(rule: ArgumentRule): CallCheck {
  const parts = compiledParts(rule).map(([, part]) => part);
  return (args, subject) => {
    for (const part of parts) {
      const unmet = Array.isArray(part) ? { path: '', keyword: 'invalid', place: '#' } : part(args, subject);
      if (unmet !== undefined) return unmet;
    }
    return undefined;
  };
}

function compiledParts({ schema, expression }: ArgumentRule): (readonly [string, CallCheck | InnerFault[]])[] {
  return [
    ...(schema === undefined ? [] : [['schema', compileSchema(schema)] as const]),
    ...(expression === undefined ? [] : [['expression', compileExpression(expression)] as const]),
  ];
}
