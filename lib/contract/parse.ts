import type { z } from 'zod';
import type { DocumentDefinition } from './document';
import { ContractError, faultsOf } from './fault';
import { CONTRACT_VERSION } from './version';

/**
 * Parses the text of a document, fills in its defaults and freezes it.
 *
 * @throws ContractError with every fault and its JSON path: no JSON, wrong kind or version, unknown keys, wrong values
 */
export function parseDocument<Schema extends z.ZodType>(
  definition: DocumentDefinition<Schema>,
  text: string,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ContractError(definition.file, [{ path: '$', message: `not JSON${placeOf(error as Error)}` }]);
  }
  refuseOtherVersion(definition, value);
  return parseValue(definition.schema, value, definition.file);
}

/**
 * Checks a value that is already parsed JSON against a schema of the contract, fills in defaults and freezes it.
 *
 * @throws ContractError with every fault and its JSON path
 */
export function parseValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  subject: string,
): z.output<Schema> {
  return deepFreeze(checkValue(schema, value, subject));
}

/**
 * Checks a value as {@link parseValue} does, and leaves it as it is otherwise: for what is read once and thrown away.
 *
 * @throws ContractError with every fault and its JSON path
 */
export function checkValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  subject: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw new ContractError(subject, faultsOf(result.error.issues));
  return result.data;
}

/** A newer or older document fails as a whole: faults of its fields would only mislead. */
function refuseOtherVersion(definition: DocumentDefinition, value: unknown): void {
  if (typeof value !== 'object' || value === null || !('version' in value)) return;
  const version = value.version;
  if (typeof version !== 'number' || version === CONTRACT_VERSION) return;
  const remedy =
    version > CONTRACT_VERSION
      ? 'upgrade the runtime image to the version of the library that wrote the document'
      : 'synthesize the document again with a current version of the library';
  throw new ContractError(definition.file, [
    {
      path: '$.version',
      message: `version ${version} is not supported, this runtime reads ${CONTRACT_VERSION}; ${remedy}`,
    },
  ]);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

/** Where the text is wrong, if the parser says it; its own words repeat the text, which may be secret. */
function placeOf({ message }: Error): string {
  const [place] = /at position \d+( \(line \d+ column \d+\))?/.exec(message) ?? [];
  return place === undefined ? '' : `, ${place}`;
}
