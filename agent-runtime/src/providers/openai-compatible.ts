import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { apiKeyOf, type ConfigOf, type ProviderContext } from './provider-context.js';

/** The chat completions API that vLLM, Ollama and others serve. Without `apiKeyEnv` no key is sent. */
export function openaiCompatibleModel(config: ConfigOf<'openaiCompatible'>, context: ProviderContext): LanguageModelV4 {
  const { baseUrl, modelId } = config;
  const apiKey = apiKeyOf(config, context);
  return createOpenAICompatible({
    name: 'openaiCompatible',
    baseURL: baseUrl,
    apiKey,
    fetch: context.fetch,
    // Usage is sent on request only, and token limits depend on it.
    includeUsage: true,
    // As vLLM and Ollama take them.
    supportsStructuredOutputs: true,
  })(modelId);
}
