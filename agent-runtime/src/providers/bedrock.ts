import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { wrapLanguageModel } from 'ai';
import type { CredentialChain } from './credential-chain.js';
import { CredentialsError } from './credentials-error.js';
import type { ConfigOf, ProviderContext } from './provider-context.js';

/**
 * Amazon Bedrock's Converse API. Credentials come from the AWS chain (variables, IRSA, Pod Identity, instance), or
 * from `AWS_BEARER_TOKEN_BEDROCK`.
 */
export function bedrockModel(config: ConfigOf<'bedrock'>, { fetch }: ProviderContext): LanguageModelV4 {
  const { region, baseUrl, modelId } = config;
  const credentials = new Credentials(region, fetch);
  const bedrock = createAmazonBedrock({ region, baseURL: baseUrl, credentialProvider: credentials.provide, fetch });
  return wrapLanguageModel({
    model: bedrock(modelId),
    middleware: {
      specificationVersion: 'v4',
      wrapStream: ({ doStream }) =>
        Promise.resolve(doStream()).catch((error: unknown) => {
          throw credentials.causeOf(error);
        }),
    },
  });
}

/** Credentials of the AWS chain, and why there were none. */
class Credentials {
  private chain: Promise<CredentialChain> | undefined;
  private failure: CredentialsError | undefined;

  public constructor(
    private readonly region: string,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  public readonly provide = async () => {
    // A module of ours: of a CommonJS package that is imported on demand, a bundle has no named exports.
    this.chain ??= import('./credential-chain.js').then((module) => module.credentialChain(this.region, this.fetch));
    try {
      return await (
        await this.chain
      )();
    } catch (cause) {
      this.failure = new CredentialsError(cause);
      throw this.failure;
    }
  };

  /** The SDK keeps of an error of this chain no more than its message. */
  public causeOf(error: unknown): unknown {
    const { failure } = this;
    const isOurs = failure !== undefined && error instanceof Error && error.message.includes(failure.message);
    return isOurs ? failure : error;
  }
}
