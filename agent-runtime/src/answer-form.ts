import { jsonSchema, Output, type JSONSchema7 } from 'ai';
import { outputCheck, type AgentDocument, type OutputSchema } from 'agentyard/contract';

/** An answer as its schema has it, or what keeps it from that. */
export type ReadAnswer =
  { readonly value: unknown; readonly misfit?: undefined } | { readonly misfit: string; readonly value?: undefined };

/** The form that the answers of an agent have. */
export class AnswerForm {
  /** @returns absent for an agent that answers with text */
  public static of({ outputSchema }: Pick<AgentDocument, 'outputSchema'>): AnswerForm | undefined {
    return outputSchema && new AnswerForm(outputSchema);
  }

  /** As the model is asked for it, in the way of its provider. */
  public readonly output: ReturnType<typeof Output.object<unknown>>;
  private readonly check: ReturnType<typeof outputCheck>;

  private constructor(private readonly schema: OutputSchema) {
    this.output = Output.object({ schema: jsonSchema<unknown>(schema as JSONSchema7) });
    this.check = outputCheck(schema);
  }

  /** Reads a whole answer. */
  public read(text: string): ReadAnswer {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { misfit: 'it is no JSON' };
    }
    const unmet = this.check(value);
    if (unmet === undefined) return { value };
    return { misfit: `it does not meet "${unmet.keyword}" at ${unmet.path === '' ? 'its root' : unmet.path}` };
  }

  /** What the model is told of an answer that has not the form. */
  public correction(misfit: string): string {
    return (
      `That answer cannot be used: ${misfit}. ` +
      `Give it again, as JSON alone, by this JSON Schema: ${JSON.stringify(this.schema)}`
    );
  }
}
