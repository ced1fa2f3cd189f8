import { titleOf, type TrustFault, type TrustReport, type TrustStep } from '@agentyard/runtime-kit';
import { printable } from '../dev/log-line.js';
import type { Terminal } from '../dev/terminal.js';

/** Prints what was done, and on standard error what was not. @param would whether it would have been done only */
export function tellOfTrust({ steps, faults }: TrustReport, would: boolean, terminal: Terminal): void {
  for (const step of steps) {
    if (step.event !== 'cluster-key-ignored') terminal.out(`  ${inWords(step, would)}\n`);
    else terminal.err(`warning: the key "${printable(step.kid)}" of the API server is left out: ${step.reason}\n`);
  }
  const hasDone = steps.some(({ event }) => event !== 'cluster-key-ignored');
  if (!hasDone && faults.length === 0) terminal.out('  nothing to do, all keys are as they should be\n');
  if (hasDone && !would) terminal.out('  pods know it within 90 s\n');
  for (const fault of faults) terminal.err(`error: ${faultInWords(fault)}\n`);
}

function faultInWords({ object, message, remedy }: TrustFault): string {
  const place = object === undefined ? '' : `${titleOf(object)}: `;
  return `${place}${printable(message)}${remedy === undefined ? '' : `; ${remedy}`}`;
}

function inWords(step: Exclude<TrustStep, { event: 'cluster-key-ignored' }>, would: boolean): string {
  const title = titleOf(step.object);
  switch (step.event) {
    case 'bundle-written': {
      const { added, removed, broken } = step;
      const changes = [
        ...(added.length > 0 ? [`${counted(added)} added`] : []),
        ...(removed.length > 0 ? [`${counted(removed)} removed`] : []),
      ];
      const what = changes.length > 0 ? changes.join(', ') : 'when keys end';
      const instead = broken === undefined ? '' : `, in place of one that cannot be read (${printable(broken)})`;
      return `${would ? 'would write' : 'wrote'} ${title}: ${what}${instead}`;
    }
    case 'key-made': {
      const key = `a signing key of ${step.issuer}, which signs from ${step.usableFrom} on`;
      return `${would ? 'would write' : 'wrote'} ${title}: ${key}`;
    }
    case 'keys-removed':
      return `${would ? 'would remove' : 'removed'} from ${title}: ${counted(step.kids)} that no claim needs any more`;
  }
}

function counted(kids: readonly string[]): string {
  return kids.length === 1 ? '1 key' : `${kids.length} keys`;
}
