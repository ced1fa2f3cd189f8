import type { ModelConfigInput } from '../contract/model';

export type ProviderName = ModelConfigInput['provider'];

/** What is known of a model provider before any program runs. */
export interface Provider {
  /** Environment variable in which its API key is expected, by the provider's own convention. */
  readonly apiKeyEnv?: string;
  /** Host that serves the model, for TCP 443; absent if nothing is called. A base URL replaces it. */
  host(model: ModelConfigInput): string | undefined;
}

const fixed = (host: string | undefined) => () => host;

const bedrockHost = (model: ModelConfigInput) => {
  if (model.provider !== 'bedrock') return undefined;
  const domain = model.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `bedrock-runtime.${model.region}.${domain}`;
};

const azureHost = (model: ModelConfigInput) =>
  model.provider === 'azure' ? `${model.resourceName}.openai.azure.com` : undefined;

/** The supported providers. */
export const PROVIDERS: Readonly<Record<ProviderName, Provider>> = {
  anthropic: { apiKeyEnv: 'ANTHROPIC_API_KEY', host: fixed('api.anthropic.com') },
  openai: { apiKeyEnv: 'OPENAI_API_KEY', host: fixed('api.openai.com') },
  google: { apiKeyEnv: 'GOOGLE_GENERATIVE_AI_API_KEY', host: fixed('generativelanguage.googleapis.com') },
  bedrock: { apiKeyEnv: 'AWS_BEARER_TOKEN_BEDROCK', host: bedrockHost },
  azure: { apiKeyEnv: 'AZURE_API_KEY', host: azureHost },
  openaiCompatible: { apiKeyEnv: 'OPENAI_COMPATIBLE_API_KEY', host: fixed(undefined) },
  scripted: { host: fixed(undefined) },
};

/** Host and port that a model is reached at; absent if nothing is called. */
export function modelEndpoint(model: ModelConfigInput): { readonly host: string; readonly port: number } | undefined {
  if ('baseUrl' in model && model.baseUrl !== undefined) {
    const url = new URL(model.baseUrl);
    const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
    return { host: url.hostname, port };
  }
  const host = PROVIDERS[model.provider].host(model);
  return host === undefined ? undefined : { host, port: 443 };
}
