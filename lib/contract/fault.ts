import type { z } from 'zod';

/** One thing that is wrong with a document, and where. */
export interface Fault {
  /** JSON path of the faulty value, for example `$.routes[2].match.pattern`. */
  readonly path: string;
  /** What is wrong and what is allowed, without the value itself (it may be a secret). */
  readonly message: string;
}

/** Thrown for a document that does not fit its schema; carries every fault, not the first. */
export class ContractError extends Error {
  public readonly faults: readonly Fault[];

  /**
   * @param subject what was read, for example `agent.json`
   * @param faults all that is wrong with it
   */
  public constructor(subject: string, faults: readonly Fault[]) {
    super(`${subject}: ${faults.length} fault(s)\n${faults.map((f) => `  ${f.path}: ${f.message}`).join('\n')}`);
    this.name = 'ContractError';
    this.faults = faults;
  }
}

/** Something wrong inside of a value, by the keys that lead there. */
export interface InnerFault {
  readonly keys: readonly PropertyKey[];
  readonly message: string;
}

/** Renders a key path as a JSON path: `['routes', 2, 'match']` becomes `$.routes[2].match`. */
export function jsonPath(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    const name = String(key);
    return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
  }, '$');
}

/** Flattens zod's issues into faults: one per unknown key, and the branches of unions unfolded. */
export function faultsOf(issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[] = []): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: jsonPath([...path, key]), message: 'unknown key; remove it' }));
    }
    if (issue.code === 'invalid_union' && issue.errors.some((branch) => branch.some(isDeep))) {
      const fitting = issue.errors.filter((branch) => branch.some(isDeep));
      const closest = [...fitting].sort((a, b) => a.length - b.length)[0] ?? [];
      return faultsOf(closest, path);
    }
    return [{ path: jsonPath(path), message: issue.message }];
  });
}

/** Whether a branch fits the value but for something inside of it. */
function isDeep({ path, code }: z.core.$ZodIssue): boolean {
  return path.length > 0 || code === 'unrecognized_keys';
}
