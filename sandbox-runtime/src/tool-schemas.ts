import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ContractError, toolsetDocument, type Fault, type ToolsetDocument } from 'agentyard/contract';
import { re2Pattern } from './re2-pattern.js';

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
      this.inputs.set(tool.name, compile(tool.inputSchema, `$.tools[${i}].inputSchema`, faults));
      if (tool.outputSchema === undefined) return;
      this.outputs.set(tool.name, compile(tool.outputSchema, `$.tools[${i}].outputSchema`, faults));
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
function compile(schema: object, path: string, faults: Fault[]): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    logger: false,
    // Members that every object inherits, such as `constructor`, are no arguments.
    ownProperties: true,
    code: { regExp: re2Pattern },
  });
  addFormats(ajv);
  faults.push(...slowKeywords(schema, path));
  try {
    if (ajv.validateSchema(schema) === true) return ajv.compile(schema);
    for (const error of ajv.errors ?? []) {
      faults.push({ path: `${path}${memberPath(error.instancePath)}`, message: error.message ?? 'not a JSON Schema' });
    }
  } catch (error) {
    faults.push({ path, message: `does not compile: ${(error as Error).message}` });
  }
  return ajv.compile(false);
}

/** `uniqueItems` compares every item with every other: 50,000 of them would hold the sandbox up for half a minute. */
const MOST_UNIQUE_ITEMS = 1000;

function slowKeywords(schema: unknown, path: string): Fault[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { uniqueItems, maxItems } = schema as Record<string, unknown>;
  const bounded = typeof maxItems === 'number' && maxItems <= MOST_UNIQUE_ITEMS;
  const message = `needs maxItems of at most ${MOST_UNIQUE_ITEMS} beside it`;
  const own = uniqueItems === true && !bounded ? [{ path: `${path}.uniqueItems`, message }] : [];
  const members = Object.entries(schema).flatMap(([name, member]) =>
    slowKeywords(member, `${path}${memberPath(`/${escapePointer(name)}`)}`),
  );
  return [...own, ...members];
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

/** A JSON pointer as the rest of a JSON path, as the contract writes them. */
function memberPath(pointer: string): string {
  const names = pointer.split('/').slice(1);
  return names
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((name) => {
      if (/^\d+$/.test(name)) return `[${name}]`;
      return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    })
    .join('');
}
