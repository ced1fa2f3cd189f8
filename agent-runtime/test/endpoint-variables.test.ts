import { createLogger } from '@agentyard/runtime-kit';
import { generateText } from 'ai';
import type { ModelConfig } from 'agentyard/contract';
import { loadModel } from '../src/providers/index';
import { ENVIRONMENT } from './wire-formats';

const elsewhere = 'http://elsewhere.example';
const VARIABLES = {
  ANTHROPIC_BASE_URL: elsewhere,
  OPENAI_BASE_URL: elsewhere,
  AWS_ENDPOINT_URL: elsewhere,
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: elsewhere,
  AZURE_RESOURCE_NAME: 'elsewhere',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIDTEST',
  AWS_SECRET_ACCESS_KEY: 'aws-secret-of-the-test',
};
const generation = { modelId: 'model-7', maxOutputTokens: 4096, apiKeyEnv: 'MODEL_KEY' };

/** The host that the first request of a model goes to, and the log lines until then. */
async function askedHost(config: ModelConfig) {
  const hosts: string[] = [];
  const lines: Readonly<Record<string, unknown>>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const log = createLogger({ component: 'agent', name: 'guide', namespace: 'tests' }, destination);
  const fetch = ((input: URL | string) => {
    hosts.push(new URL(input).host);
    return Promise.reject(new Error('not sent'));
  }) as typeof globalThis.fetch;
  const context = { environment: { ...ENVIRONMENT, ...VARIABLES }, fetch, log };
  const model = await loadModel(config, context);
  await expect(generateText({ model, prompt: 'Hello?', maxRetries: 0 })).rejects.toThrow();
  return { hosts, lines };
}

describe('a document without a base URL', () => {
  const before = { ...process.env };

  beforeEach(() => void Object.assign(process.env, VARIABLES));

  afterEach(() => {
    process.env = { ...before };
  });

  it.each<[string, ModelConfig]>([
    ['api.anthropic.com', { provider: 'anthropic', ...generation }],
    ['api.openai.com', { provider: 'openai', ...generation }],
    ['generativelanguage.googleapis.com', { provider: 'google', ...generation }],
    ['res.openai.azure.com', { provider: 'azure', ...generation, resourceName: 'res' }],
    [
      'bedrock-runtime.eu-west-1.amazonaws.com',
      { provider: 'bedrock', modelId: 'model-7', maxOutputTokens: 4096, region: 'eu-west-1' },
    ],
  ])('means %s, whatever the environment says', async (host, config) => {
    const { hosts, lines } = await askedHost(config);
    expect(hosts).toEqual([host]);
    const ignored = lines.filter(({ event }) => event === 'variable-ignored').map(({ variable }) => variable);
    expect(ignored).toEqual(expect.arrayContaining(['ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL', 'AWS_ENDPOINT_URL']));
    expect(JSON.stringify(lines)).not.toContain(elsewhere);
  });
});
