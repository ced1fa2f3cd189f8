import type { JsonSchemaType, JsonSchemaValidator, jsonSchemaValidator } from '@modelcontextprotocol/client';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';

/** Most schemas that are kept; a toolset that sends more has each compiled anew. */
const MOST_SCHEMAS = 1_000;

/** Validators of tools' outputs, one per schema: Ajv would compile and keep one for each time that tools are listed. */
export class OutputValidators implements jsonSchemaValidator {
  private readonly compiler = new AjvJsonSchemaValidator();
  private readonly bySchema = new Map<string, JsonSchemaValidator<unknown>>();

  public getValidator<T>(schema: JsonSchemaType): JsonSchemaValidator<T> {
    const text = JSON.stringify(schema);
    const validator = this.bySchema.get(text) ?? this.compiler.getValidator(schema);
    if (this.bySchema.size >= MOST_SCHEMAS) this.bySchema.clear();
    this.bySchema.set(text, validator);
    return validator as JsonSchemaValidator<T>;
  }
}
