import { createAzure } from '@ai-sdk/azure';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { hostedAccess, type ConfigOf, type ProviderContext } from './provider-context.js';

/** Versions such as `2024-10-21`, which serve deployments by URL and know no Responses API. */
const DATED_VERSION = /^\d{4}-\d{2}-\d{2}/;

/** Azure OpenAI: the Responses API of its v1 endpoint, or chat completions when a dated API version is named. */
export function azureModel(config: ConfigOf<'azure'>, context: ProviderContext): LanguageModelV4 {
  const { resourceName, apiVersion, baseUrl, modelId } = config;
  const isDated = DATED_VERSION.test(apiVersion ?? '');
  const azure = createAzure({
    ...hostedAccess(config, context, 'api-key'),
    resourceName,
    apiVersion,
    baseURL: baseUrl,
    useDeploymentBasedUrls: isDated,
  });
  return isDated ? azure.chat(modelId) : azure.responses(modelId);
}
