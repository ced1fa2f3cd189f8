import { createGoogle } from '@ai-sdk/google';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { hostedAccess, type ConfigOf, type ProviderContext } from './provider-context.js';

/** Google's Gemini API. */
export function googleModel(config: ConfigOf<'google'>, context: ProviderContext): LanguageModelV4 {
  const access = hostedAccess(config, context, 'x-goog-api-key');
  return createGoogle({ ...access, baseURL: config.baseUrl })(config.modelId);
}
