import type { IConstruct } from 'constructs';
import { preorder } from './construct-tree';

/**
 * Runs the validations of all constructs, each once; also of constructs that a validation adds.
 *
 * @throws Error that lists all faults, in the words of cdk8s
 */
export function validateConstructs(root: IConstruct): void {
  let validated: readonly IConstruct[] = [];
  for (let all = preorder(root).constructs; all.length !== validated.length; all = preorder(root).constructs) {
    const before = new Set(validated);
    validate(all.filter((construct) => !before.has(construct)));
    validated = all;
  }
}

function validate(constructs: readonly IConstruct[]): void {
  const faults: string[] = [];
  for (const { node } of constructs) for (const fault of node.validate()) faults.push(`[${node.path}] ${fault}`);
  if (faults.length > 0) throw new Error(`Validation failed with the following errors:\n  ${faults.join('\n  ')}`);
}
