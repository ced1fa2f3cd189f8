import type { IConstruct } from 'constructs';
import type { ModelConfigInput, ModelPrice as ModelPriceInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { secretIn } from '../lib/hardening/secret-text';
import { bedrockHost, modelEndpoint, openaiResidencyHost, PROVIDERS } from '../lib/providers/provider';
import type { Credentials } from './credentials';
import { rangedNumber } from '../lib/workload/ranged-number';
import { openModelEndpoint, type ModelEndpointOptions } from './model-endpoint';
import type { ScriptRule } from './script';
import type { Workload } from './workload';

/** What a model's tokens cost, in any currency that all prices of a gateway share. */
export interface ModelPrice {
  /** Price of a million tokens in. */
  readonly inputPerMillionTokens: number;
  /** Price of a million tokens out. */
  readonly outputPerMillionTokens: number;
}

/** Options of every model. */
export interface ModelOptions {
  /**
   * Most tokens of one answer of the model.
   * @default 4096
   */
  readonly maxOutputTokens?: number;
  /**
   * Sampling temperature, 0 to 2.
   * @default - the provider's default
   */
  readonly temperature?: number;
  /**
   * What its tokens cost, for quotas of money and the `maxCost` of an agent. Answers of the agent say what they cost then.
   * @default - unknown
   */
  readonly price?: ModelPrice;
}

/** Options of a hosted model that is reached with an API key. */
export interface HostedModelOptions extends ModelOptions, ModelEndpointOptions {
  /** The provider's API key, by reference. */
  readonly credentials: Credentials;
  /**
   * URL that replaces the provider's own, for example a proxy with the same API.
   * @default - the provider's
   */
  readonly baseUrl?: string;
}

/** Regions that OpenAI keeps data in, for organizations that have been granted it. */
export enum OpenAIRegion {
  /** United States. */
  US = 'us',
  /** Europe. */
  EU = 'eu',
  /** United Arab Emirates. */
  AE = 'ae',
  /** Australia. */
  AU = 'au',
  /** India. */
  IN = 'in',
  /** Japan. */
  JP = 'jp',
}

/** Options of a model of OpenAI. */
export interface OpenAIModelOptions extends HostedModelOptions {
  /**
   * Region that the data stays in. Not beside `baseUrl`.
   * @default - OpenAI's global endpoint
   */
  readonly dataResidency?: OpenAIRegion;
}

/** Options of a model on Amazon Bedrock. */
export interface BedrockModelOptions extends ModelOptions, ModelEndpointOptions {
  /** AWS region, for example `eu-west-1`. */
  readonly region: string;
  /** AWS credentials, by reference, since they decide which hosts are called. */
  readonly credentials: Credentials;
  /**
   * URL that replaces the regional endpoint, for example a VPC endpoint.
   * @default - the region's endpoint
   */
  readonly baseUrl?: string;
  /**
   * Whether the endpoint with FIPS-validated cryptography is called. Not beside `baseUrl`.
   * @default false
   */
  readonly fips?: boolean;
  /**
   * Whether the endpoint that also has IPv6 addresses is called. Not beside `baseUrl`.
   * @default false
   */
  readonly dualStack?: boolean;
}

/** Options of a model on Azure OpenAI. */
export interface AzureModelOptions extends HostedModelOptions {
  /** Name of the Azure OpenAI resource. */
  readonly resourceName: string;
  /**
   * Version of the API.
   * @default - the provider library's
   */
  readonly apiVersion?: string;
}

/** Options of a model behind an endpoint that speaks the OpenAI chat API, such as vLLM or Ollama. */
export interface OpenAICompatibleModelOptions extends ModelOptions, ModelEndpointOptions {
  /** URL of the API, for example `http://vllm.models.svc:8000/v1`. */
  readonly baseUrl: string;
  /**
   * The API key, by reference.
   * @default - none is sent
   */
  readonly credentials?: Credentials;
}

/** The model that an agent uses. Credentials stand here, since they decide which hosts are called. */
export class Model {
  /** A model of Anthropic. @param modelId for example `claude-sonnet-4-5` */
  public static anthropic(modelId: string, options: HostedModelOptions): Model {
    return new Model({ provider: 'anthropic', ...keyed(modelId, options, 'anthropic') }, options);
  }

  /** A model of OpenAI, over its Responses API. @param modelId for example `gpt-5` */
  public static openai(modelId: string, options: OpenAIModelOptions): Model {
    const { dataResidency } = options;
    const regional = dataResidency && `https://${openaiResidencyHost(dataResidency)}/v1`;
    const config = keyed(modelId, options, 'openai');
    return new Model({ provider: 'openai', ...config, baseUrl: config.baseUrl ?? regional }, options, regional);
  }

  /** A Gemini model of Google. @param modelId for example `gemini-2.5-pro` */
  public static google(modelId: string, options: HostedModelOptions): Model {
    return new Model({ provider: 'google', ...keyed(modelId, options, 'google') }, options);
  }

  /** A model on Amazon Bedrock. @param modelId model id or inference profile */
  public static bedrock(modelId: string, options: BedrockModelOptions): Model {
    const { region, baseUrl, fips, dualStack } = options;
    const special = fips === true || dualStack === true ? `https://${bedrockHost(region, options)}` : undefined;
    const config = { ...generation(modelId, options), region, baseUrl: baseUrl ?? special };
    return new Model({ provider: 'bedrock', ...config }, options, special);
  }

  /** A model on Azure OpenAI. @param deployment name of the deployment */
  public static azure(deployment: string, options: AzureModelOptions): Model {
    const { resourceName, apiVersion } = options;
    return new Model({ provider: 'azure', ...keyed(deployment, options, 'azure'), resourceName, apiVersion }, options);
  }

  /** A model behind an endpoint that speaks the OpenAI chat API, such as vLLM or Ollama. @param modelId as served there */
  public static openaiCompatible(modelId: string, options: OpenAICompatibleModelOptions): Model {
    const apiKeyEnv = options.credentials && PROVIDERS.openaiCompatible.apiKeyEnv;
    const config = { ...generation(modelId, options), apiKeyEnv, baseUrl: options.baseUrl };
    return new Model({ provider: 'openaiCompatible', ...config }, options);
  }

  /**
   * No model: answers come from a script, for demos and tests without a key.
   *
   * @param rules the first whose pattern matches the user's input is played
   */
  public static scripted(rules: ScriptRule[]): Model {
    const config = rules.map(({ when, calls, say }) => ({
      when,
      steps: [...(calls ?? []).map((call) => ({ calls: [{ tool: call.tool, input: call.input ?? {} }] })), { say }],
    }));
    return new Model({ provider: 'scripted', rules: config }, {});
  }

  /** @internal */
  public readonly _credentials?: Credentials;
  private readonly config: ModelConfigInput;
  private readonly options: AccessOptions;
  private readonly special?: string;

  private constructor(config: ModelConfigInput, options: AccessOptions, special?: string) {
    this.config = config;
    this.options = options;
    this.special = special;
    this._credentials = options.credentials;
  }

  /** @internal */
  public get _hasPrice(): boolean {
    return this.options.price !== undefined;
  }

  /** What its tokens cost. @internal */
  public _priceFor(agent: IConstruct): ModelPriceInput | undefined {
    const { price } = this.options;
    if (price === undefined) return undefined;
    const range = { least: 0, most: 1_000_000 };
    return {
      inputPerMillion:
        rangedNumber(agent, 'model.price.inputPerMillionTokens', price.inputPerMillionTokens, range) ?? 0,
      outputPerMillion:
        rangedNumber(agent, 'model.price.outputPerMillionTokens', price.outputPerMillionTokens, range) ?? 0,
    };
  }

  /** Opens the agent's way to the model, and to what its credentials are fetched from. @internal */
  public _open(agent: IConstruct, workload: Workload): void {
    const endpoint = modelEndpoint(this.config);
    if (endpoint !== undefined) openModelEndpoint(agent, workload, endpoint, this.options);
    if (this.config.provider === 'bedrock') this._credentials?._open(workload, this.config.region);
  }

  /** The model as the agent's document has it. Throws MODEL_INVALID. @internal */
  public _configFor(agent: IConstruct): ModelConfigInput {
    const { config } = this;
    checkProviderFacts(agent, config);
    this.checkAccess(agent);
    if (config.provider !== 'scripted' && config.modelId.trim() === '') {
      throw new SynthError('MODEL_INVALID', agent, {
        message: `the id of its ${config.provider} model is empty`,
        remedy: 'Give the id that the provider has for the model',
      });
    }
    const secret = config.provider === 'scripted' ? secretIn(JSON.stringify(config.rules)) : undefined;
    if (secret !== undefined) {
      throw new SynthError('SECRET_IN_TEXT', agent, {
        message: `its script holds what looks like ${secret}, and would stand in manifests`,
        remedy: 'Take it out, and revoke it if it is real',
      });
    }
    if ('baseUrl' in config && config.baseUrl !== undefined && !isHttpUrl(config.baseUrl)) {
      throw new SynthError('MODEL_INVALID', agent, {
        message: `baseUrl "${config.baseUrl}" of its ${config.provider} model is no http or https URL`,
        remedy: 'Give the whole URL, for example https://llm.example.com/v1',
      });
    }
    return config;
  }

  private checkAccess(agent: IConstruct): void {
    const { provider } = this.config;
    if (this._credentials?._isAwsRole === true && provider !== 'bedrock') {
      throw new SynthError('CREDENTIALS_INVALID', agent, {
        message: `a role of AWS is no credential for a model of ${provider}`,
        remedy: "Give the API key: Credentials.fromSecretName('openai-credentials')",
      });
    }
    if (this.special !== undefined && this.options.baseUrl !== undefined) {
      throw new SynthError('MODEL_INVALID', agent, {
        message: `baseUrl "${this.options.baseUrl}" stands beside an option that chooses ${this.special}`,
        remedy: 'Give one of the two',
      });
    }
  }
}

/** How a model is reached, beside its configuration. */
interface AccessOptions extends ModelEndpointOptions {
  readonly price?: ModelPrice;
  readonly credentials?: Credentials;
  readonly baseUrl?: string;
}

/** What the host of a provider depends on. */
function checkProviderFacts(agent: IConstruct, config: ModelConfigInput): void {
  if (config.provider === 'bedrock' && !/^[a-z]{2}(-[a-z]+)+-\d$/.test(config.region)) {
    throw new SynthError('MODEL_INVALID', agent, {
      message: `region "${config.region}" of its bedrock model is no region of AWS, and its host depends on it`,
      remedy: 'Give the region, for example eu-west-1',
    });
  }
  if (config.provider === 'azure' && !/^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/.test(config.resourceName)) {
    throw new SynthError('MODEL_INVALID', agent, {
      message: `resourceName "${config.resourceName}" of its azure model is no name of a resource, and its host depends on it`,
      remedy: 'Give the name of the Azure OpenAI resource',
    });
  }
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

function generation(modelId: string, { maxOutputTokens, temperature }: ModelOptions) {
  return { modelId, maxOutputTokens, temperature };
}

function keyed(modelId: string, options: HostedModelOptions, provider: 'anthropic' | 'openai' | 'google' | 'azure') {
  return { ...generation(modelId, options), apiKeyEnv: PROVIDERS[provider].apiKeyEnv, baseUrl: options.baseUrl };
}
