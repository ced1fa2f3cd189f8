import type { Ajv2020 as Ajv, ErrorObject, Options, ValidateFunction } from 'ajv/dist/2020';
import { re2Engine } from './re2-engine';
import { pointerKeys, slowKeywords } from './slow-keywords';
import type { InnerFault } from './fault';

/** What is wrong with a value: where, and by which keyword; never what it is. */
export interface Unmet {
  /** JSON pointer into the value (RFC 6901); empty for all of it. */
  readonly path: string;
  /** Keyword of JSON Schema. */
  readonly keyword: string;
  /** JSON pointer of the keyword in the schema, as a fragment. */
  readonly place: string;
}

/** Says what a value does not meet; nothing if it meets all of it. */
export type SchemaCheck = (value: unknown) => Unmet | undefined;

/**
 * What stands in a schema has to count: a keyword that is unknown, misspelt or of another type than its values would let
 * everything pass, and so would `format`, which is an annotation.
 */
const STRICT: Options = {
  strict: true,
  strictTypes: true,
  strictTuples: true,
  strictRequired: false,
  allowUnionTypes: true,
  // Members that every object inherits, such as `constructor`, are none of the value's.
  ownProperties: true,
  logger: false,
  code: { regExp: re2Engine },
};

const UNMET: Unmet = { path: '', keyword: 'schema', place: '#' };

/** Knows what a JSON Schema is. */
let schemas: Ajv | undefined;

/**
 * Compiles a schema of ours, JSON Schema 2020-12.
 *
 * @returns the check, or all that is wrong with the schema
 */
export function compileSchema(schema: object): SchemaCheck | InnerFault[] {
  const faults = [...metaFaults(schema), ...slowKeywords(schema)];
  if (faults.length > 0) return faults;
  try {
    // One for each: two of them may use the same `$id`.
    const validate = create({ meta: false, validateSchema: false }).compile(schema);
    if ('$async' in validate) return [{ keys: ['$async'], message: 'must not be there; remove it' }];
    return (value) => unmetBy(validate, value);
  } catch (error) {
    return [{ keys: [], message: `does not compile: ${(error as Error).message}` }];
  }
}

function metaFaults(schema: object): InnerFault[] {
  schemas ??= create({ allErrors: true });
  const { $schema } = schema as { readonly $schema?: unknown };
  if ($schema !== undefined && $schema !== 'https://json-schema.org/draft/2020-12/schema') {
    return [{ keys: ['$schema'], message: 'must be https://json-schema.org/draft/2020-12/schema, or absent' }];
  }
  if (schemas.validateSchema(schema) === true) return [];
  return (schemas.errors ?? []).map(({ instancePath, message = 'is no JSON Schema' }) => ({
    keys: pointerKeys(instancePath),
    message,
  }));
}

/** It is loaded with the first schema: most documents have none, and all of the contract takes less time to load. */
function create(more: Options): Ajv {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Ajv2020 } = require('ajv/dist/2020') as { readonly Ajv2020: new (options: Options) => Ajv };
  return new Ajv2020({ ...STRICT, ...more });
}

/** A value that is nested too deeply for a schema that refers to itself cannot be judged. */
function unmetBy(validate: ValidateFunction, value: unknown): Unmet | undefined {
  try {
    return validate(value) === true ? undefined : unmetOf(validate.errors?.[0]);
  } catch {
    return UNMET;
  }
}

/** Ajv points at the object when a member is missing or unknown; the fault is the member's. */
function unmetOf(error: ErrorObject | undefined): Unmet {
  if (error === undefined) return UNMET;
  const { instancePath, keyword, schemaPath, params } = error;
  const { missingProperty, additionalProperty, unevaluatedProperty } = params as Record<string, unknown>;
  const member = missingProperty ?? additionalProperty ?? unevaluatedProperty;
  const path = typeof member === 'string' ? `${instancePath}/${escapePointer(member)}` : instancePath;
  return { path, keyword, place: schemaPath };
}

/** JSON pointer, RFC 6901, section 3. */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
