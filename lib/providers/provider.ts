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

const bedrock = (model: ModelConfigInput) => (model.provider === 'bedrock' ? bedrockHost(model.region, {}) : undefined);

const azure = (model: ModelConfigInput) =>
  model.provider === 'azure' ? `${model.resourceName.toLowerCase()}.openai.azure.com` : undefined;

/** The supported providers. */
export const PROVIDERS: Readonly<Record<ProviderName, Provider>> = {
  anthropic: { apiKeyEnv: 'ANTHROPIC_API_KEY', host: fixed('api.anthropic.com') },
  openai: { apiKeyEnv: 'OPENAI_API_KEY', host: fixed('api.openai.com') },
  google: { apiKeyEnv: 'GOOGLE_GENERATIVE_AI_API_KEY', host: fixed('generativelanguage.googleapis.com') },
  bedrock: { apiKeyEnv: 'AWS_BEARER_TOKEN_BEDROCK', host: bedrock },
  azure: { apiKeyEnv: 'AZURE_API_KEY', host: azure },
  openaiCompatible: { apiKeyEnv: 'OPENAI_COMPATIBLE_API_KEY', host: fixed(undefined) },
  scripted: { host: fixed(undefined) },
};

/** Which endpoint of a region is called. */
export interface BedrockEndpoint {
  /** Whether its cryptography is validated under FIPS 140-3. */
  readonly fips?: boolean;
  /** Whether it also has IPv6 addresses. */
  readonly dualStack?: boolean;
}

/** Host of Bedrock's runtime, https://docs.aws.amazon.com/general/latest/gr/bedrock.html. */
export function bedrockHost(region: string, { fips = false, dualStack = false }: BedrockEndpoint): string {
  const service = fips ? 'bedrock-runtime-fips' : 'bedrock-runtime';
  return `${service}.${region}.${dualStack ? dualStackDomain(region) : awsDomain(region)}`;
}

/** Host of the regional Security Token Service, which gives pods credentials for a role. */
export function stsHost(region: string): string {
  return `sts.${region}.${awsDomain(region)}`;
}

/** Host of OpenAI's API for data that stays in a region. */
export function openaiResidencyHost(region: string): string {
  return `${region}.api.openai.com`;
}

const inChina = (region: string) => region.startsWith('cn-');
const awsDomain = (region: string) => (inChina(region) ? 'amazonaws.com.cn' : 'amazonaws.com');
const dualStackDomain = (region: string) => (inChina(region) ? 'api.amazonwebservices.com.cn' : 'api.aws');

/** Addresses of EKS Pod Identity's agent on every node, at port 80; pods are told that of their cluster's IP family. */
export const POD_IDENTITY_CIDRS = { IPv4: '169.254.170.23/32', IPv6: 'fd00:ec2::23/128' } as const;
export const POD_IDENTITY_PORT = 80;

/** Where a model is reached. */
export interface ModelEndpoint {
  /** In lower case; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Where a model is reached; absent if nothing is called. */
export function modelEndpoint(model: ModelConfigInput): ModelEndpoint | undefined {
  if ('baseUrl' in model && model.baseUrl !== undefined) return endpointOf(new URL(model.baseUrl));
  const host = PROVIDERS[model.provider].host(model);
  return host === undefined ? undefined : { host, port: 443, tls: true };
}

function endpointOf(url: URL): ModelEndpoint {
  const tls = url.protocol === 'https:';
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, '').toLowerCase(), port, tls };
}
