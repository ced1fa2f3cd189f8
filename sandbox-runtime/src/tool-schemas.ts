import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {
  ContractError,
  jsonPath,
  pointerKeys,
  re2Engine,
  slowKeywords,
  toolsetDocument,
  type Fault,
  type ToolsetDocument,
} from 'agentyard/contract';

type Tool = ToolsetDocument['tools'][number];

/** A thousand faults help nobody. */
const MOST_FAULTS = 20;

/** The compiled schemas of a toolset: JSON Schema 2020-12, formats included, unknown keywords ignored as it asks. */
export class ToolSchemas {
  private readonly inputs = new Map<string, ValidateFunction>();
  private readonly outputs = new Map<string, ValidateFunction>();

  /** @throws ContractError with every schema that does not compile, and where */
  public constructor(tools: readonly Tool[]) {
    const faults: Fault[] = [];
    tools.forEach((tool, i) => {
      this.inputs.set(tool.name, compile(tool.inputSchema, ['tools', i, 'inputSchema'], faults));
      if (tool.outputSchema === undefined) return;
      this.outputs.set(tool.name, compile(tool.outputSchema, ['tools', i, 'outputSchema'], faults));
    });
    if (faults.length > 0) throw new ContractError(toolsetDocument.file, faults);
  }

  /** Whether the tool declares what it returns. */
  public hasOutput(tool: string): boolean {
    return this.outputs.has(tool);
  }

  /** @returns what is wrong with the arguments, by JSON pointer */
  public inputFaults(tool: string, value: unknown): string[] {
    return faultsOf(this.inputs.get(tool), value);
  }

  /** @returns what is wrong with the structured result, by JSON pointer */
  public outputFaults(tool: string, value: unknown): string[] {
    return faultsOf(this.outputs.get(tool), value);
  }
}

/** One Ajv for each schema: two tools may use the same `$id`. */
function compile(schema: object, at: readonly PropertyKey[], faults: Fault[]): ValidateFunction {
  const add = (keys: readonly PropertyKey[], message: string) =>
    void faults.push({ path: jsonPath([...at, ...keys]), message });
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    logger: false,
    // Members that every object inherits, such as `constructor`, are no arguments.
    ownProperties: true,
    code: { regExp: re2Engine },
  });
  addFormats(ajv);
  for (const { keys, message } of slowKeywords(schema)) add(keys, message);
  try {
    if (ajv.validateSchema(schema) === true) return ajv.compile(schema);
    for (const error of ajv.errors ?? []) {
      add(pointerKeys(error.instancePath), error.message ?? 'not a JSON Schema');
    }
  } catch (error) {
    add([], `does not compile: ${(error as Error).message}`);
  }
  return ajv.compile(false);
}

function faultsOf(validate: ValidateFunction | undefined, value: unknown): string[] {
  if (validate === undefined || validate(value)) return [];
  const errors = validate.errors ?? [];
  const shown = [...new Set(errors.slice(0, MOST_FAULTS).map(faultOf))];
  return errors.length > MOST_FAULTS ? [...shown, `and ${errors.length - MOST_FAULTS} more`] : shown;
}

/** Ajv points at the object when a member is missing or unknown; the fault is the member's. */
function faultOf({ instancePath, keyword, params, message }: ErrorObject): string {
  const { missingProperty, additionalProperty, allowedValues, allowedValue } = params as Record<string, unknown>;
  if (keyword === 'required') return `${instancePath}/${escapePointer(missingProperty)}: is required`;
  if (keyword === 'additionalProperties') return `${instancePath}/${escapePointer(additionalProperty)}: is not known`;
  const at = instancePath === '' ? '/' : instancePath;
  if (keyword === 'enum') return `${at}: must be one of ${JSON.stringify(allowedValues)}`;
  if (keyword === 'const') return `${at}: must be ${JSON.stringify(allowedValue)}`;
  return `${at}: ${message ?? keyword}`;
}

/** JSON pointer, RFC 6901, section 3. */
function escapePointer(name: unknown): string {
  return String(name).replaceAll('~', '~0').replaceAll('/', '~1');
}
