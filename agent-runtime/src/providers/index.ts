import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { ModelConfig } from 'agentyard/contract';
import { dropEndpointVariables } from './endpoint-variables.js';
import type { ProviderContext } from './provider-context.js';

/**
 * The model of a configuration. Only its provider's package is loaded; nothing is sent yet. Its host is the document's
 * `baseUrl` or the provider's own; variables that name another one are dropped with a warning.
 *
 * @throws ContractError if its API key is missing
 */
export async function loadModel(config: ModelConfig, context: ProviderContext): Promise<LanguageModelV4> {
  for (const variable of dropEndpointVariables()) {
    context.log.warn({ event: 'variable-ignored', variable }, 'the document alone says where the model is');
  }
  switch (config.provider) {
    case 'anthropic':
      return (await import('./anthropic.js')).anthropicModel(config, context);
    case 'openai':
      return (await import('./openai.js')).openaiModel(config, context);
    case 'google':
      return (await import('./google.js')).googleModel(config, context);
    case 'bedrock':
      return (await import('./bedrock.js')).bedrockModel(config, context);
    case 'azure':
      return (await import('./azure.js')).azureModel(config, context);
    case 'openaiCompatible':
      return (await import('./openai-compatible.js')).openaiCompatibleModel(config, context);
    case 'scripted':
      return (await import('./scripted.js')).scriptedModel(config);
  }
}
