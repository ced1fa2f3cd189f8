import type { IConstruct } from 'constructs';
import type { ModelConfigInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { PROVIDERS } from '../lib/providers/provider';
import type { Credentials } from './credentials';
import type { ScriptRule } from './script';

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
}

/** Options of a hosted model that is reached with an API key. */
export interface HostedModelOptions extends ModelOptions {
  /** The provider's API key, by reference. */
  readonly credentials: Credentials;
  /**
   * URL that replaces the provider's own, for example a proxy with the same API.
   * @default - the provider's
   */
  readonly baseUrl?: string;
}

/** Options of a model on Amazon Bedrock. */
export interface BedrockModelOptions extends ModelOptions {
  /** AWS region, for example `eu-west-1`. */
  readonly region: string;
  /**
   * AWS credentials, by reference.
   * @default - the AWS credential chain of the pod
   */
  readonly credentials?: Credentials;
  /**
   * URL that replaces the regional endpoint, for example a VPC endpoint.
   * @default - the region's endpoint
   */
  readonly baseUrl?: string;
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
export interface OpenAICompatibleModelOptions extends ModelOptions {
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
    return new Model({ provider: 'anthropic', ...keyed(modelId, options, 'anthropic') }, options.credentials);
  }

  /** A model of OpenAI, over its Responses API. @param modelId for example `gpt-5` */
  public static openai(modelId: string, options: HostedModelOptions): Model {
    return new Model({ provider: 'openai', ...keyed(modelId, options, 'openai') }, options.credentials);
  }

  /** A Gemini model of Google. @param modelId for example `gemini-2.5-pro` */
  public static google(modelId: string, options: HostedModelOptions): Model {
    return new Model({ provider: 'google', ...keyed(modelId, options, 'google') }, options.credentials);
  }

  /** A model on Amazon Bedrock. @param modelId model id or inference profile */
  public static bedrock(modelId: string, options: BedrockModelOptions): Model {
    const { region, baseUrl } = options;
    return new Model({ provider: 'bedrock', ...generation(modelId, options), region, baseUrl }, options.credentials);
  }

  /** A model on Azure OpenAI. @param deployment name of the deployment */
  public static azure(deployment: string, options: AzureModelOptions): Model {
    const { resourceName, apiVersion } = options;
    return new Model(
      { provider: 'azure', ...keyed(deployment, options, 'azure'), resourceName, apiVersion },
      options.credentials,
    );
  }

  /** A model behind an endpoint that speaks the OpenAI chat API, such as vLLM or Ollama. @param modelId as served there */
  public static openaiCompatible(modelId: string, options: OpenAICompatibleModelOptions): Model {
    const { baseUrl, credentials } = options;
    const apiKeyEnv = credentials && PROVIDERS.openaiCompatible.apiKeyEnv;
    return new Model(
      { provider: 'openaiCompatible', ...generation(modelId, options), apiKeyEnv, baseUrl },
      credentials,
    );
  }

  /**
   * No model: answers come from a script, for demos and tests without a key.
   *
   * @param rules the first whose pattern matches the user's input is played
   */
  public static scripted(rules: ScriptRule[]): Model {
    return new Model({
      provider: 'scripted',
      rules: rules.map(({ when, calls, say }) => ({
        when,
        steps: [...(calls ?? []).map((call) => ({ calls: [{ tool: call.tool, input: call.input ?? {} }] })), { say }],
      })),
    });
  }

  /** @internal */
  public readonly _credentials?: Credentials;
  private readonly config: ModelConfigInput;

  private constructor(config: ModelConfigInput, credentials?: Credentials) {
    this.config = config;
    this._credentials = credentials;
  }

  /** @internal */
  public _configFor(agent: IConstruct): ModelConfigInput {
    const { config } = this;
    if (config.provider !== 'scripted' && config.modelId.trim() === '') {
      throw new SynthError('MODEL_INVALID', agent, {
        message: `the id of its ${config.provider} model is empty`,
        remedy: 'Give the id that the provider has for the model',
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
