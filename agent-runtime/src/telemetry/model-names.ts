import type { ModelConfig } from 'agentyard/contract';

/** `gen_ai.provider.name` of the semantic conventions; those that have none there are named as in documents. */
const PROVIDER_NAMES: Readonly<Record<ModelConfig['provider'], string>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  google: 'gcp.gemini',
  bedrock: 'aws.bedrock',
  azure: 'azure.ai.openai',
  openaiCompatible: 'openaiCompatible',
  scripted: 'scripted',
};

export function providerName({ provider }: ModelConfig): string {
  return PROVIDER_NAMES[provider];
}

/** `gen_ai.request.model`: what the document asks the provider for. */
export function requestModel(model: ModelConfig): string {
  return model.provider === 'scripted' ? 'scripted' : model.modelId;
}
