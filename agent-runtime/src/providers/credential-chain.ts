import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { awsRequestHandler } from './aws-request-handler.js';

/** Where AWS credentials are looked for, in order; what was found is kept until it expires. */
export type CredentialChain = ReturnType<typeof fromNodeProviderChain>;

/** The usual chain of AWS: variables, SSO, files, IRSA, Pod Identity, instance. All that it sends goes through `fetch`, but for the last two. */
export function credentialChain(region: string, fetch: typeof globalThis.fetch): CredentialChain {
  return fromNodeProviderChain({ clientConfig: { region, requestHandler: awsRequestHandler(fetch) } });
}
