import type { InnerFault } from './fault';
import type { Unmet } from './strict-schema';

/** Whose call it is, and of what. */
export interface CallSubject {
  /** Absent when a service acts for itself. */
  readonly user: { readonly sub: string; readonly roles: Iterable<string> } | undefined;
  /** Name of the tool in its toolset or server. */
  readonly tool: string;
}

const NOBODY = { sub: '', roles: [] };

/** Says what a call does not meet; nothing if it meets all of it. */
export type CallCheck = (args: unknown, subject: CallSubject) => Unmet | undefined;

/** Of arguments that are larger, an expression says nothing: it might go over all of them for each of them. */
const MOST_MEMBERS = 1_000;
const MOST_CHARACTERS = 65_536;

const LIMITS = { maxAstNodes: 500, maxDepth: 50, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 16 };

/** What goes over all members of a list or map. */
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

const UNMET: Unmet = { path: '', keyword: 'cel', place: '#' };

/** As much of @marcbachmann/cel-js as is used here; its types are of another module system. */
interface CelModule {
  readonly Environment: new (options: object) => CelEnvironment;
}
interface CelEnvironment {
  registerVariable(name: string, type: string): CelEnvironment;
  parse(text: string): CelExpression;
}
interface CelExpression {
  (variables: object): unknown;
  readonly ast: unknown;
  check(): { readonly valid: boolean; readonly type?: string; readonly error?: Error };
}

let environment: CelEnvironment | undefined;

/**
 * Compiles the expression of a rule, in the Common Expression Language.
 *
 * @returns the check, or what is wrong with the expression
 */
export function compileExpression(text: string): CallCheck | InnerFault[] {
  const fault = (message: string): InnerFault[] => [{ keys: [], message }];
  environment ??= createEnvironment();
  try {
    const expression = environment.parse(text);
    const { valid, type, error } = expression.check();
    if (!valid) return fault(`is no expression over args, user and tool: ${firstLine(error)}`);
    if (type !== 'bool') return fault(`must be true or false, and is of type ${type ?? 'unknown'}; compare it with ==`);
    const excess = excessOf(expression.ast);
    if (excess !== undefined) return fault(excess);
    return (args, subject) => check(expression, args, subject);
  } catch (error) {
    return fault(`is no expression in CEL: ${firstLine(error as Error)}`);
  }
}

/** What cannot be evaluated is not met. */
function check(
  expression: CelExpression,
  args: unknown,
  { user: { sub, roles } = NOBODY, tool }: CallSubject,
): Unmet | undefined {
  if (!isSmall(args)) return { ...UNMET, keyword: 'cel-size' };
  try {
    return expression({ args, user: { sub, roles: [...roles] }, tool }) === true ? undefined : UNMET;
  } catch {
    return UNMET;
  }
}

/** It is loaded with the first expression, as most documents have none. */
function createEnvironment(): CelEnvironment {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Environment } = require('@marcbachmann/cel-js') as CelModule;
  return new Environment({ limits: LIMITS })
    .registerVariable('args', 'map<string, dyn>')
    .registerVariable('user', 'map<string, dyn>')
    .registerVariable('tool', 'string');
}

/** What an expression may not do, since arguments decide how long it takes. */
function excessOf(ast: unknown, isInLoop = false): string | undefined {
  if (Array.isArray(ast)) return first(ast, (each) => excessOf(each, isInLoop));
  if (typeof ast !== 'object' || ast === null || !('op' in ast) || !('args' in ast)) return undefined;
  const { op, args } = ast;
  if (op !== 'rcall' || !Array.isArray(args)) return excessOf(args, isInLoop);
  const [name, receiver, parameters] = args as unknown as readonly [string, unknown, unknown];
  if (name === 'matches') return 'must not use matches(), which can take exponential time; use `pattern` in a schema';
  const isLoop = LOOPS.has(name);
  if (isLoop && isInLoop) return `must not use ${name}() for each member of another list`;
  return excessOf(receiver, isInLoop) ?? excessOf(parameters, isInLoop || isLoop);
}

function first<T>(values: readonly unknown[], find: (value: unknown) => T | undefined): T | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isSmall(args: unknown): boolean {
  const rest: unknown[] = [args];
  let members = 0;
  let characters = 0;
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value === 'string') characters += value.length;
    else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        members += 1;
        characters += name.length;
        rest.push(member);
      }
    }
    if (members > MOST_MEMBERS || characters > MOST_CHARACTERS) return false;
  }
  return true;
}

/** The others draw the place in the text. */
function firstLine(error: Error | undefined): string {
  return error?.message.split('\n', 1)[0] ?? 'unknown';
}
