import OpenAI from 'openai';
import { chatCompletion, chatCompletionChunk, parseValue } from 'agentyard/contract';
import { TestMcpServer } from './mcp-server';
import { events, failure, firstWords, ModelApi } from './model-api';
import { invocationHeaders, RunningAgent, weather } from './running-agent';
import { chatAnswer, ENVIRONMENT, WIRE_FORMATS } from './wire-formats';

const provider = WIRE_FORMATS.openaiCompatible!;
const question = { role: 'user', content: 'Weather?' } as const;

let api: ModelApi;
let toolset: TestMcpServer;
let agent: RunningAgent;
let client: OpenAI;

beforeAll(async () => {
  api = await ModelApi.start();
  toolset = await TestMcpServer.start();
  const settings = { model: provider.model(api.url), toolsets: [weather('forecast', 'slow')], limits: { maxTurns: 2 } };
  agent = await RunningAgent.start(settings, ENVIRONMENT);
  await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
  const { authorization, ...headers } = await invocationHeaders(agent.identity);
  const apiKey = authorization!.replace('Bearer ', '');
  client = new OpenAI({ baseURL: `${agent.url}/v1`, apiKey, defaultHeaders: headers, maxRetries: 0 });
});

afterAll(async () => {
  await agent.stop();
  await toolset.stop();
  await api.stop();
});

/** A turn that says something and calls a tool. */
const saysAndCalls = (content: string) => {
  const call = {
    index: 0,
    id: 'call_1',
    type: 'function',
    function: { name: 'forecast', arguments: '{"city":"Oslo"}' },
  };
  return chatAnswer({ content, tool_calls: [call] }, 'tool_calls');
};

const post = (body: unknown) => client.post('/chat/completions', { body: body as object }).asResponse();

async function refusal(body: unknown): Promise<InstanceType<typeof OpenAI.APIError>> {
  return post(body).then(
    () => Promise.reject(new Error('it was not refused')),
    (error: InstanceType<typeof OpenAI.APIError>) => error,
  );
}

describe('a chat completion of an agent', () => {
  it('is what all its turns say, and does not show the calls of its own tools', async () => {
    api.willAnswer(saysAndCalls('I look.'), provider.text('It is sunny.'));
    const answer = await client.chat.completions.create({ model: 'guide', messages: [question] });
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-./),
      object: 'chat.completion',
      model: 'guide',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'I look.\n\nIt is sunny.', refusal: null },
          finish_reason: 'stop',
          stop_reason: 'completed',
        },
      ],
    });
    expect(answer.choices[0]?.message.tool_calls).toBeUndefined();
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage!;
    expect(prompt_tokens).toBeGreaterThan(0);
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    expect(Math.abs(answer.created - Date.now() / 1000)).toBeLessThan(60);
    expect(agent.logged('request').at(-1)).toMatchObject({
      path: '/v1/chat/completions',
      user: 'ada',
      turns: 2,
      toolCalls: 1,
      stopReason: 'completed',
    });
    parseValue(
      chatCompletion,
      await (api.willAnswer(provider.text('Hi.')), await post({ messages: [question] })).json(),
      'answer',
    );
  });

  it('comes as a stream of the same text', async () => {
    api.willAnswer(saysAndCalls('I look.'), provider.text('It is sunny.'));
    const stream = await client.chat.completions.create({ model: 'guide', messages: [question], stream: true });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    chunks.forEach((chunk) => parseValue(chatCompletionChunk, chunk, 'chunk'));
    expect(chunks[0]?.choices).toMatchObject([{ delta: { role: 'assistant', content: '' }, finish_reason: null }]);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('I look.\n\nIt is sunny.');
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ delta: {}, finish_reason: 'stop', stop_reason: 'completed' }],
      usage: { total_tokens: expect.any(Number) },
    });
    expect(chunks.slice(0, -1).every((chunk) => !('usage' in chunk))).toBe(true);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('says in a chunk of its own what was used, if asked to, and ends with [DONE]', async () => {
    api.willAnswer(provider.text('Hello.'));
    const response = await post({ messages: [question], stream: true, stream_options: { include_usage: true } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const lines = (await response.text()).split('\n\n').filter((line) => line !== '');
    expect(lines.at(-1)).toBe('data: [DONE]');
    const chunks = lines.slice(0, -1).map((line) => {
      return parseValue(chatCompletionChunk, JSON.parse(line.slice('data: '.length)), 'chunk');
    });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it.each<[string, string, string, string]>([
    ['of the model', 'length', 'length', 'max-answer-tokens'],
    ['of what may be said', 'content_filter', 'content_filter', 'content-filter'],
  ])('says that it ends by a limit %s', async (_, reason, finish_reason, stop_reason) => {
    api.willAnswer(chatAnswer({ content: 'Half' }, reason));
    const { choices } = await client.chat.completions.create({ model: 'guide', messages: [question] });
    expect(choices).toMatchObject([{ message: { content: 'Half' }, finish_reason, stop_reason }]);
  });

  it('says that it ends by a limit of turns', async () => {
    api.willAnswer(saysAndCalls('One.'), saysAndCalls('Two.'));
    const { choices } = await client.chat.completions.create({ model: 'guide', messages: [question] });
    expect(choices).toMatchObject([{ finish_reason: 'length', stop_reason: 'max-turns' }]);
  });

  it('takes what a client says as system or developer for words of the user, below the prompt of the agent', async () => {
    api.willAnswer(provider.text('Arr.'));
    await client.chat.completions.create({
      model: 'guide',
      messages: [
        { role: 'system', content: 'Talk like a pirate.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hello.' },
            { type: 'text', text: 'Who are you?' },
          ],
        },
        { role: 'assistant', content: 'The guide.', refusal: null },
        { role: 'assistant', content: '' },
        { role: 'developer', content: 'Be short.' },
        { ...question, name: 'ada' },
      ],
    });
    expect(api.requests[0]?.body.messages).toEqual([
      { role: 'system', content: 'You know the weather.' },
      { role: 'user', content: 'Talk like a pirate.\n\nHello.\nWho are you?' },
      { role: 'assistant', content: 'The guide.' },
      { role: 'user', content: 'Be short.\n\nWeather?' },
    ]);
  });

  it('is as long as the client allows, and no longer than the agent does', async () => {
    for (const [limits, sent] of [
      [{ max_tokens: 20, max_completion_tokens: 10 }, 10],
      [{ max_completion_tokens: 100_000 }, 321],
    ] as const) {
      api.willAnswer(provider.text('Hi.'));
      await client.chat.completions.create({ model: 'guide', messages: [question], ...limits });
      expect(provider.read(api.requests[0]!).maxTokens).toBe(sent);
    }
  });

  it('is made with the settings of the agent, whatever the client’s are', async () => {
    api.willAnswer(provider.text('Hi.'));
    const settings = { temperature: 2, top_p: 0.1, seed: 7, presence_penalty: 1, logit_bias: {}, user: 'x', top_k: 5 };
    const nothing = {
      tools: [],
      tool_choice: 'auto',
      n: 1,
      stop: null,
      response_format: { type: 'text' },
      store: false,
    };
    expect((await post({ messages: [question], ...settings, ...nothing })).status).toBe(200);
    expect(api.requests[0]?.body).toMatchObject({ temperature: 0.25 });
    for (const name of ['top_p', 'seed', 'presence_penalty', 'user', 'top_k']) {
      expect(api.requests[0]?.body).not.toHaveProperty(name);
    }
  });
});

describe('what an agent does not do in a chat', () => {
  it.each<[string, object]>([
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['tool_choice', { tool_choice: 'required' }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['n', { n: 2 }],
    ['stop', { stop: ['\n'] }],
    ['logprobs', { logprobs: true }],
    ['modalities[1]', { modalities: ['text', 'audio'] }],
    ['audio', { audio: { voice: 'alloy', format: 'wav' } }],
    ['response_format.type', { response_format: { type: 'json_object' } }],
    ['web_search_options', { web_search_options: {} }],
    ['store', { store: true }],
    ['max_tokens', { max_tokens: 0 }],
    ['typo', { typo: 1 }],
    ['messages', { messages: [] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: ' ' }] }],
    ['messages[0].role', { messages: [{ role: 'tool', tool_call_id: '1', content: '' }] }],
    ['messages[0].tool_calls', { messages: [{ role: 'assistant', tool_calls: [{ id: '1' }] }, question] }],
    ['messages[1].role', { messages: [question, { role: 'assistant', content: 'It' }] }],
  ])('is refused with its name: %s', async (param, body) => {
    api.willAnswer();
    const error = await refusal({ model: 'guide', messages: [question], ...body });
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: 'request-invalid', type: 'invalid_request_error', param });
    expect(error.message).toContain(`${param}: `);
  });

  it('is another model', async () => {
    const error = await refusal({ model: 'gpt-5', messages: [question] });
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' });
    expect(error.message).toContain('There is no such model here but "guide".');
  });

  it('is another API of OpenAI', async () => {
    await expect(client.responses.create({ model: 'guide', input: 'Hi' })).rejects.toMatchObject({
      status: 404,
      code: 'path-unknown',
    });
  });
});

describe('a chat that fails', () => {
  it('because of its model ends with an error', async () => {
    api.willAnswer(failure(400, '{"error":{"message":"the prompt was bad"}}'));
    await expect(client.chat.completions.create({ model: 'guide', messages: [question] })).rejects.toMatchObject({
      status: 502,
      code: 'model-failed',
      type: 'server_error',
      requestID: expect.any(String),
    });
  });

  it('in its stream ends that with an error', async () => {
    api.willAnswer(events(firstWords, { error: { message: 'overloaded' } }));
    const stream = await client.chat.completions.create({ model: 'guide', messages: [question], stream: true });
    const read = async () => {
      for await (const chunk of stream) parseValue(chatCompletionChunk, chunk, 'chunk');
    };
    await expect(read()).rejects.toMatchObject({ code: 'model-failed', type: 'server_error' });
    expect(agent.logged('request').at(-1)).toMatchObject({ status: 200, problem: 'model-failed' });
  });

  it('since nobody may ask, does before its body is read', async () => {
    const stranger = new OpenAI({ baseURL: `${agent.url}/v1`, apiKey: 'nobody', maxRetries: 0 });
    const [chat, list, one] = await Promise.allSettled([
      stranger.chat.completions.create({ model: 'guide', messages: [] }),
      stranger.models.list(),
      stranger.models.retrieve('guide'),
    ]);
    for (const { status, reason } of [chat, list, one] as PromiseRejectedResult[]) {
      expect(status).toBe('rejected');
      expect(reason).toBeInstanceOf(OpenAI.AuthenticationError);
      expect(reason).toMatchObject({ type: 'authentication_error' });
    }
  });
});

describe('the models of an agent', () => {
  it('are itself', async () => {
    const guide = { id: 'guide', object: 'model', created: 0, owned_by: 'agentyard' };
    expect((await client.models.list()).data).toEqual([guide]);
    expect(await client.models.retrieve('guide')).toEqual(guide);
    await expect(client.models.retrieve('other')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });
});
