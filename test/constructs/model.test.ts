import { Credentials, Model, Peer } from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const credentials = Credentials.fromSecretName('provider');
const VLLM = Peer.pods({ namespace: 'models', podLabels: { app: 'vllm' } });
const hosted = { credentials };

const CASES: [string, Model, object][] = [
  [
    'anthropic',
    Model.anthropic('m', { ...hosted, maxOutputTokens: 9, temperature: 0.5 }),
    { apiKeyEnv: 'ANTHROPIC_API_KEY', maxOutputTokens: 9, temperature: 0.5 },
  ],
  ['openai', Model.openai('m', hosted), { apiKeyEnv: 'OPENAI_API_KEY', maxOutputTokens: 4096 }],
  ['google', Model.google('m', hosted), { apiKeyEnv: 'GOOGLE_GENERATIVE_AI_API_KEY' }],
  ['bedrock', Model.bedrock('m', { region: 'eu-west-1', credentials }), { region: 'eu-west-1' }],
  [
    'azure',
    Model.azure('m', { ...hosted, resourceName: 'acme', apiVersion: 'v1' }),
    { apiKeyEnv: 'AZURE_API_KEY', resourceName: 'acme', apiVersion: 'v1' },
  ],
  [
    'openaiCompatible',
    Model.openaiCompatible('m', { baseUrl: 'http://vllm.models.svc:8000/v1', servedBy: VLLM }),
    { baseUrl: 'http://vllm.models.svc:8000/v1' },
  ],
];

describe('models in agent.json', () => {
  it.each(CASES)('%s', (provider, model, expected) => {
    const program = new Program();
    program.agent('a', { model });
    expect(program.document('a-config', 'agent.json').model).toMatchObject({ provider, modelId: 'm', ...expected });
  });

  it('an openaiCompatible model without credentials names no key', () => {
    const program = new Program();
    program.agent('a', { model: Model.openaiCompatible('m', { baseUrl: 'https://llm.example.com' }) });
    expect(program.document('a-config', 'agent.json').model).not.toHaveProperty('apiKeyEnv');
  });
});

describe('credentials reach the pod by reference', () => {
  const containerOf = (model: Model) => {
    const program = new Program();
    program.agent('a', { model });
    return program.object('Deployment', 'a').spec.template.spec.containers[0];
  };

  it('as all entries of a Secret', () => {
    expect(containerOf(Model.anthropic('m', hosted)).envFrom).toEqual([{ secretRef: { name: 'provider' } }]);
  });

  it('as one entry, under the provider’s variable', () => {
    const container = containerOf(Model.openai('m', { credentials: Credentials.fromSecretKey('provider', 'key') }));
    expect(container.envFrom).toBeUndefined();
    expect(container.env).toContainEqual({
      name: 'OPENAI_API_KEY',
      valueFrom: { secretKeyRef: { name: 'provider', key: 'key' } },
    });
  });
});
