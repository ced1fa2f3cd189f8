import { createAnthropic } from '@ai-sdk/anthropic';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { hostedAccess, type ConfigOf, type ProviderContext } from './provider-context.js';

/** Anthropic's Messages API. */
export function anthropicModel(config: ConfigOf<'anthropic'>, context: ProviderContext): LanguageModelV4 {
  const access = hostedAccess(config, context, 'x-api-key');
  return createAnthropic({ ...access, baseURL: config.baseUrl })(config.modelId);
}
