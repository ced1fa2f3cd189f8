import { z } from 'zod';
import { environmentName, httpUrl, re2Pattern, toolName } from './fields';

const generation = {
  modelId: z.string().min(1).max(256).describe('The provider’s id of the model; for Azure the name of the deployment.'),
  maxOutputTokens: z.int().min(1).max(1_000_000).default(4096).describe('Most tokens of one answer of the model.'),
  temperature: z.number().min(0).max(2).optional().describe('Sampling temperature; absent: the provider’s default.'),
};

const apiKeyEnv = environmentName.optional().describe('Environment variable that holds the API key.');

const scriptStep = z.union([
  z.strictObject({
    calls: z
      .array(z.strictObject({ tool: toolName, input: z.record(z.string(), z.json()) }))
      .min(1)
      .describe('Tool calls that the model asks for in this turn.'),
  }),
  z.strictObject({ say: z.string().min(1).describe('The text that the model answers; ends the rule.') }),
]);

const scriptRule = z.strictObject({
  when: re2Pattern.optional().describe('Applies if the user’s input matches; absent: always.'),
  steps: z
    .array(scriptStep)
    .min(1)
    .refine((steps) => steps.every((step, i) => 'say' in step === (i === steps.length - 1)), {
      error: 'must ask for tool calls in every step but the last, and say something in the last',
    })
    .describe('One step per turn.'),
});

/** Which model an agent uses and how it is reached. Host names stand here, never in a runtime. */
export const model = z.discriminatedUnion('provider', [
  z.strictObject({ provider: z.literal('anthropic'), ...generation, apiKeyEnv, baseUrl: httpUrl.optional() }),
  z.strictObject({ provider: z.literal('openai'), ...generation, apiKeyEnv, baseUrl: httpUrl.optional() }),
  z.strictObject({ provider: z.literal('google'), ...generation, apiKeyEnv, baseUrl: httpUrl.optional() }),
  z.strictObject({
    provider: z.literal('bedrock'),
    ...generation,
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region such as eu-west-1'),
    baseUrl: httpUrl.optional(),
  }),
  z.strictObject({
    provider: z.literal('azure'),
    ...generation,
    apiKeyEnv,
    resourceName: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[A-Za-z0-9-]+$/, 'must be an Azure resource name'),
    apiVersion: z.string().min(1).optional(),
    baseUrl: httpUrl.optional(),
  }),
  z.strictObject({ provider: z.literal('openaiCompatible'), ...generation, apiKeyEnv, baseUrl: httpUrl }),
  z.strictObject({
    provider: z.literal('scripted'),
    rules: z
      .array(scriptRule)
      .min(1)
      .describe('The first rule that applies is played. `{{input}}`, `{{result}}` and `{{result.a.b}}` are filled in.'),
  }),
]);

export type ModelConfig = z.output<typeof model>;
export type ModelConfigInput = z.input<typeof model>;
export type ScriptRule = z.output<typeof scriptRule>;
export type ScriptStep = z.output<typeof scriptStep>;
