import { ContractError, parseValue, type DocumentDefinition } from '../contract';
import { SynthError } from '../errors/synth-error';

/**
 * The text of a contract document: checked against its schema, with its defaults filled in, so that what a
 * reviewer reads is all that the runtime acts on.
 *
 * @throws SynthError DOCUMENT_INVALID with every fault and its JSON path
 */
export function documentText(definition: DocumentDefinition, document: unknown, path: string): string {
  try {
    return `${JSON.stringify(parseValue(definition.schema, document, definition.file), null, 2)}\n`;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw new SynthError('DOCUMENT_INVALID', path, {
      message: `${definition.file} would not be accepted: ${error.faults.map((f) => `${f.path} ${f.message}`).join('; ')}`,
      remedy: 'Change the props that these values come from',
    });
  }
}
