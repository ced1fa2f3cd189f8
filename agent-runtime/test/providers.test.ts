import { ContractError, type AgentDocumentInput } from 'agentyard/contract';
import { TestMcpServer } from './mcp-server';
import { events, failure, ModelApi } from './model-api';
import { RunningAgent, weather } from './running-agent';
import { ENVIRONMENT, KEY, WIRE_FORMATS } from './wire-formats';

const AWS = {
  AWS_ACCESS_KEY_ID: 'AKIDTEST',
  AWS_SECRET_ACCESS_KEY: 'aws-secret-of-the-test',
  AWS_EC2_METADATA_DISABLED: 'true',
};

describe.each(Object.entries(WIRE_FORMATS))('%s', (_, wire) => {
  const before = { ...process.env };
  let api: ModelApi;
  let toolset: TestMcpServer;
  let agent: RunningAgent;

  beforeAll(async () => {
    // The AWS chain reads the environment of the process.
    Object.assign(process.env, AWS);
    api = await ModelApi.start();
    toolset = await TestMcpServer.start();
    const settings = { model: wire.model(api.url), toolsets: [weather({ name: 'forecast', as: 'lookup' })] };
    agent = await RunningAgent.start(settings, ENVIRONMENT);
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
  });

  afterAll(async () => {
    await agent.stop();
    await toolset.stop();
    await api.stop();
    process.env = before;
  });

  it('is sent the key, the model, its settings, the prompt, the history and the tools', async () => {
    api.willAnswer(wire.text('Hello.'));
    const history = [
      { role: 'user', content: 'I live in Bergen.' },
      { role: 'assistant', content: 'Noted.' },
    ];
    const response = await agent.post({ input: 'Where do I live?', history });
    expect(response.status).toBe(200);
    const [request] = api.requests;
    expect(request?.path).toBe(wire.path);
    const [name, value] = wire.keyHeader;
    expect(request?.headers[name]).toMatch(value);
    expect(wire.read(request!)).toEqual({
      model: 'model-7',
      maxTokens: 321,
      temperature: 0.25,
      tools: ['lookup'],
      system: 'You know the weather.',
    });
    const body = JSON.stringify(request?.body);
    const order = ['I live in Bergen.', 'Noted.', 'Where do I live?'].map((text) => body.indexOf(text));
    expect(Math.min(...order)).toBeGreaterThan(-1);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
  });

  it('asks for a tool, gets its result and answers', async () => {
    api.willAnswer(wire.toolCall('lookup', { city: 'Oslo' }), wire.text('It will be sunny.'));
    const answer = await agent.invoke('Weather in Oslo?');
    expect(answer).toMatchObject({
      output: 'It will be sunny.',
      stopReason: 'completed',
      turns: 2,
      toolCalls: [
        { toolset: 'weather', tool: 'forecast', input: { city: 'Oslo' }, output: 'Sunny in Oslo.', isError: false },
      ],
      usage: { inputTokens: 20, outputTokens: 10, totalTokens: 30 },
    });
    const [, second] = api.requests;
    expect(JSON.stringify(second?.body)).toContain('Sunny in Oslo.');
    expect(JSON.stringify(second?.body)).not.toContain('structured');
  });

  it('is asked again after a failure that may pass', async () => {
    api.willAnswer(failure(500, '{}'), failure(429, '{}'), wire.text('Here I am.'));
    expect(await agent.invoke('Hello?')).toMatchObject({ output: 'Here I am.', turns: 1 });
  });

  it('fails as model-failed with its status, not with what it said', async () => {
    const said = `{"error":{"message":"the prompt was: Hello? key ${KEY}","type":"server_error","code":"x"},"message":"leak"}`;
    api.willAnswer(failure(503, said), failure(503, said), failure(503, said));
    const response = await agent.post({ input: 'Hello?' });
    expect(response.status).toBe(502);
    const problem = await response.json();
    expect(problem).toMatchObject({ code: 'model-failed', detail: 'The provider answered with status 503.' });
    expect(api.requests).toHaveLength(3);
    const told = JSON.stringify([problem, agent.log]);
    for (const secret of [KEY, 'Hello?', 'leak', AWS.AWS_SECRET_ACCESS_KEY]) expect(told).not.toContain(secret);
    expect(agent.logged('model-failed').at(-1)).toMatchObject({ status: 503 });
  });

  it('is not followed elsewhere', async () => {
    const elsewhere = await ModelApi.start();
    try {
      api.willAnswer((response) => response.writeHead(307, { location: `${elsewhere.url}${wire.path}` }).end());
      elsewhere.willAnswer(wire.text('Caught.'));
      const problem = await (await agent.post({ input: 'Hello?' })).json();
      expect(problem).toMatchObject({
        code: 'model-failed',
        detail: 'The provider answered with status 307. Redirects are not followed; check the base URL.',
      });
      expect([api.requests.length, elsewhere.requests.length]).toEqual([1, 0]);
    } finally {
      await elsewhere.stop();
    }
  });

  it('is not asked again after a failure that will not pass', async () => {
    api.willAnswer(failure(401, '{}'));
    const response = await agent.post({ input: 'Hello?' });
    expect(await response.json()).toMatchObject({
      code: 'model-failed',
      detail: 'The provider answered with status 401. Check the API key.',
    });
    expect(api.requests).toHaveLength(1);
  });
});

describe('what a provider is told by its own means', () => {
  it('a tool result that is an error is marked as one', async () => {
    const [api, toolset] = [await ModelApi.start(), await TestMcpServer.start()];
    const wire = WIRE_FORMATS.anthropic!;
    const agent = await RunningAgent.start({ model: wire.model(api.url), toolsets: [weather('failing')] }, ENVIRONMENT);
    try {
      await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
      api.willAnswer(wire.toolCall('failing', {}), wire.text('Sorry.'));
      await agent.invoke('Go.');
      const { messages } = api.requests[1]!.body as { messages: { content: unknown[] }[] };
      expect(messages.at(-1)?.content[0]).toMatchObject({
        type: 'tool_result',
        is_error: true,
        content: 'The station\nis closed.',
      });
    } finally {
      await agent.stop();
      await toolset.stop();
      await api.stop();
    }
  });

  it('an answer that stops before its end is a failure', async () => {
    const api = await ModelApi.start();
    const agent = await RunningAgent.start({ model: WIRE_FORMATS.anthropic!.model(api.url) }, ENVIRONMENT);
    try {
      const message = {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        usage: { input_tokens: 1 },
      };
      api.willAnswer(
        events(
          { type: 'message_start', message },
          { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
          { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'It will' } },
        ),
      );
      const all = await agent.stream('Weather?');
      expect(all.map(({ type }) => type)).toEqual(['started', 'turn-started', 'text-delta', 'failed']);
    } finally {
      await agent.stop();
      await api.stop();
    }
  });

  it('an answer that ends as an error is a failure', async () => {
    const api = await ModelApi.start();
    const agent = await RunningAgent.start({ model: WIRE_FORMATS.google!.model(api.url) }, ENVIRONMENT);
    try {
      const malformed = { content: { role: 'model', parts: [] }, finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 };
      api.willAnswer(events({ candidates: [malformed] }));
      const response = await agent.post({ input: 'Weather?' });
      expect(await response.json()).toMatchObject({ code: 'model-failed', status: 502 });
    } finally {
      await agent.stop();
      await api.stop();
    }
  });

  it('a Bedrock API key stands for AWS credentials', async () => {
    const api = await ModelApi.start();
    process.env.AWS_BEARER_TOKEN_BEDROCK = 'bedrock-key-of-the-test';
    const agent = await RunningAgent.start({ model: WIRE_FORMATS.bedrock!.model(api.url) });
    try {
      api.willAnswer(WIRE_FORMATS.bedrock!.text('Hello.'));
      expect(await agent.invoke('Hello?')).toMatchObject({ output: 'Hello.' });
      expect(api.requests[0]?.headers.authorization).toBe('Bearer bedrock-key-of-the-test');
    } finally {
      delete process.env.AWS_BEARER_TOKEN_BEDROCK;
      await agent.stop();
      await api.stop();
    }
  });

  it('a setting that the model does not take is left out with a warning', async () => {
    const api = await ModelApi.start();
    const model = { ...WIRE_FORMATS.openai!.model(api.url), modelId: 'o3' };
    const agent = await RunningAgent.start({ model }, ENVIRONMENT);
    try {
      api.willAnswer(WIRE_FORMATS.openai!.text('Hello.'));
      await agent.invoke('Hello?');
      expect(api.requests[0]?.body).not.toHaveProperty('temperature');
      expect(agent.logged('model-warning')).toMatchObject([
        { level: 'warn', type: 'unsupported', feature: 'temperature' },
      ]);
    } finally {
      await agent.stop();
      await api.stop();
    }
  });
});

describe('the API key', () => {
  const hosted = ['anthropic', 'openai', 'google', 'azure', 'openaiCompatible'];

  it.each(hosted)('of %s must be in the variable that the document names', async (name) => {
    const model = WIRE_FORMATS[name]!.model('http://127.0.0.1:9');
    for (const environment of [{}, { MODEL_KEY: '' }, { MODEL_KEY: ' \n' }]) {
      const refusal = await refusalOf(model, environment);
      expect(refusal.faults).toEqual([{ path: '$.model.apiKeyEnv', message: expect.stringContaining('MODEL_KEY') }]);
    }
  });

  it.each(['anthropic', 'openai', 'google', 'azure'])(
    'of %s is never taken from a variable that is not named',
    async (name) => {
      const {
        apiKeyEnv: _,
        baseUrl: __,
        ...model
      } = WIRE_FORMATS[name]!.model('http://127.0.0.1:9') as Record<string, unknown>;
      const environment = {
        ANTHROPIC_API_KEY: KEY,
        OPENAI_API_KEY: KEY,
        AZURE_API_KEY: KEY,
        GOOGLE_GENERATIVE_AI_API_KEY: KEY,
      };
      const refusal = await refusalOf(model as AgentDocumentInput['model'], environment);
      expect(refusal.faults[0]?.path).toBe('$.model.apiKeyEnv');
      expect(refusal.message).not.toContain(KEY);
    },
  );

  it.each(hosted)('of %s is not sent to an endpoint that is given without one', async (name) => {
    const wire = WIRE_FORMATS[name]!;
    const api = await ModelApi.start();
    const { apiKeyEnv: _, ...model } = wire.model(api.url) as Record<string, unknown>;
    const agent = await RunningAgent.start({ model: model as AgentDocumentInput['model'] }, ENVIRONMENT);
    try {
      api.willAnswer(wire.text('No key needed.'));
      expect(await agent.invoke('Hello?')).toMatchObject({ output: 'No key needed.' });
      expect(Object.keys(api.requests[0]!.headers)).not.toContain(wire.keyHeader[0]);
    } finally {
      await agent.stop();
      await api.stop();
    }
  });
});

async function refusalOf(model: AgentDocumentInput['model'], environment: NodeJS.ProcessEnv): Promise<ContractError> {
  const error = await RunningAgent.start({ model }, environment).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ContractError);
  return error as ContractError;
}
