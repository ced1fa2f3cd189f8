import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { hostedAccess, type ConfigOf, type ProviderContext } from './provider-context.js';

/** OpenAI's Responses API. */
export function openaiModel(config: ConfigOf<'openai'>, context: ProviderContext): LanguageModelV4 {
  const access = hostedAccess(config, context, 'authorization');
  return createOpenAI({ ...access, baseURL: config.baseUrl }).responses(config.modelId);
}
