import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { ConfigOf, ProviderContext } from './provider-context.js';

/**
 * Amazon Bedrock's Converse API. Credentials come from the AWS chain (variables, IRSA, Pod Identity, instance), or
 * from `AWS_BEARER_TOKEN_BEDROCK`.
 */
export function bedrockModel(config: ConfigOf<'bedrock'>, { fetch }: ProviderContext): LanguageModelV4 {
  const { region, baseUrl, modelId } = config;
  return createAmazonBedrock({ region, baseURL: baseUrl, credentialProvider: credentialChain(region), fetch })(modelId);
}

/** The chain caches what it has found until it expires; its packages are loaded at the first request. */
function credentialChain(region: string) {
  let chain: Promise<ReturnType<typeof fromNodeProviderChain>> | undefined;
  return async () => {
    chain ??= import('@aws-sdk/credential-providers').then((aws) =>
      aws.fromNodeProviderChain({ clientConfig: { region } }),
    );
    return (await chain)();
  };
}
