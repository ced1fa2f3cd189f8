import type { IConstruct } from 'constructs';
import type { WarningCode } from './codes';
import { renderFault, type SynthFault } from './synth-error';

/** Type of the construct metadata that holds warnings. */
export const WARNING_METADATA = 'agentyard:warning';

/** Records a warning at a construct (as metadata of its node) and prints it to standard error. */
export function warn(construct: IConstruct, code: WarningCode, fault: SynthFault): void {
  const line = renderFault(code, construct.node.path, fault);
  construct.node.addMetadata(WARNING_METADATA, line);
  process.stderr.write(`warning ${line}\n`);
}
