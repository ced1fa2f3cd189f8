import type { AgentDocumentInput } from 'agentyard/contract';
import { TestMcpServer } from './mcp-server';
import { events, firstWords, ModelApi, type Answer } from './model-api';
import { RunningAgent, weather } from './running-agent';
import { chatAnswer, ENVIRONMENT, WIRE_FORMATS } from './wire-formats';

const chat = WIRE_FORMATS.openaiCompatible!;
const callOf = (tool: string): Answer => chat.toolCall(tool, tool === 'forecast' ? { city: 'Oslo' } : {});
const CHUNK = { id: 'chat_1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'model-7' };
const CALL = { index: 0, id: 'call_1', type: 'function', function: { name: 'failing', arguments: '{}' } };
/** An answer that begins and never ends. */
const hangs: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify(firstWords)}\n\n`);
};

describe('limits of a request', () => {
  let api: ModelApi;
  let toolset: TestMcpServer;
  let agent: RunningAgent | undefined;

  beforeAll(async () => {
    api = await ModelApi.start();
    toolset = await TestMcpServer.start();
  });

  afterEach(() => agent?.stop());

  afterAll(async () => {
    await toolset.stop();
    await api.stop();
  });

  async function start(
    limits: AgentDocumentInput['limits'],
    price?: AgentDocumentInput['price'],
  ): Promise<RunningAgent> {
    const settings = { model: chat.model(api.url), price, limits, toolsets: [weather('forecast', 'slow', 'failing')] };
    agent = await RunningAgent.start(settings, ENVIRONMENT);
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
    return agent;
  }

  it('maxTurns ends it after the tool calls of the last turn', async () => {
    const limited = await start({ maxTurns: 2 });
    api.willAnswer(callOf('forecast'), callOf('failing'), chat.text('too late'));
    const answer = await limited.invoke('Go.');
    expect(answer).toMatchObject({ stopReason: 'max-turns', turns: 2, output: '' });
    expect(answer.toolCalls.map(({ tool }) => tool)).toEqual(['forecast', 'failing']);
    expect(api.requests).toHaveLength(2);
  });

  it('the output is the text of the last turn that had any', async () => {
    const saying = (content: string) => chatAnswer({ content, tool_calls: [CALL] }, 'tool_calls');
    const limited = await start({ maxTurns: 3 });
    api.willAnswer(saying('I look.'), saying('I look again.'), callOf('failing'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'max-turns', output: 'I look again.' });
    api.willAnswer(saying('I look.'), chat.text('It is closed.'));
    const streamed = await limited.stream('Go.');
    const texts = streamed.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));
    expect(texts).toEqual(['I look.', 'It is closed.']);
    expect(streamed.at(-1)).toMatchObject({ response: { output: 'It is closed.' } });
  });

  it('an answer in the last turn is an answer', async () => {
    const limited = await start({ maxTurns: 2 });
    api.willAnswer(callOf('forecast'), chat.text('Sunny.'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'completed', turns: 2, output: 'Sunny.' });
  });

  it('maxToolCalls ends it with the call beyond, which is not made', async () => {
    const limited = await start({ maxToolCalls: 1 });
    const before = toolset.requests.filter(({ method }) => method === 'tools/call').length;
    const calls = ['forecast', 'failing'].map((name, index) => ({
      index,
      id: `call_${index}`,
      type: 'function',
      function: { name, arguments: name === 'forecast' ? '{"city":"Oslo"}' : '{}' },
    }));
    api.willAnswer(chatAnswer({ tool_calls: calls }, 'tool_calls'), chat.text('too late'));
    const answer = await limited.invoke('Go.');
    expect(answer).toMatchObject({ stopReason: 'max-tool-calls', turns: 1 });
    const made = answer.toolCalls.find(({ tool }) => tool === 'forecast');
    expect(made).toMatchObject({ isError: false });
    const refused = answer.toolCalls.find(({ tool }) => tool === 'failing');
    expect(refused).toMatchObject({
      isError: true,
      output: 'The call was not made: the request has made as many as it may.',
    });
    expect(toolset.requests.filter(({ method }) => method === 'tools/call')).toHaveLength(before + 1);
    expect(api.requests).toHaveLength(1);
  });

  it('an answer after the last call of maxToolCalls is an answer', async () => {
    const limited = await start({ maxToolCalls: 1 });
    api.willAnswer(callOf('forecast'), chat.text('Sunny.'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'completed', output: 'Sunny.' });
  });

  // Each turn is given 10 tokens and answers with 5; an answer of fewer than 16 is not asked for.
  it.each([
    ['maxInputTokens', { maxInputTokens: 30 }, 'max-input-tokens', [321, 321]],
    ['maxOutputTokens', { maxOutputTokens: 25 }, 'max-output-tokens', [25, 20]],
    ['maxTotalTokens', { maxTotalTokens: 45 }, 'max-total-tokens', [45, 20]],
    ['maxCost', { maxCost: 40 }, 'max-cost', [40, 25]],
  ])('%s begins no turn that it has no room for, and leaves no more for an answer', async (_, limits, reason, most) => {
    const limited = await start(limits, { inputPerMillion: 500_000, outputPerMillion: 1_000_000 });
    api.willAnswer(callOf('forecast'), callOf('failing'), chat.text('too late'));
    const answer = await limited.invoke('Go.');
    const usage = { inputTokens: 20, outputTokens: 10, totalTokens: 30, cost: 20 };
    expect(answer).toMatchObject({ stopReason: reason, turns: 2, usage });
    expect(answer.toolCalls).toHaveLength(2);
    expect(api.requests.map((request) => chat.read(request).maxTokens)).toEqual(most);
    expect(limited.logged('request')[0]).toMatchObject({ stopReason: reason, ...usage });
  });

  it('an answer that ends where a limit of the request has it end says which', async () => {
    const limited = await start({ maxTotalTokens: 45 });
    api.willAnswer(chatAnswer({ content: 'It will be s' }, 'length'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'max-total-tokens', output: 'It will be s' });
  });

  it('a limit that no turn has room for ends it before the first', async () => {
    const limited = await start({ maxCost: 0.01 }, { inputPerMillion: 0, outputPerMillion: 1000 });
    api.willAnswer(chat.text('too dear'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'max-cost', turns: 0, output: '' });
    expect(api.requests).toHaveLength(0);
  });

  it('a price alone tells the cost, to a millionth, and limits nothing', async () => {
    const limited = await start({}, { inputPerMillion: 0.1, outputPerMillion: 0.33 });
    api.willAnswer(chat.text('Sunny.'));
    const answer = await limited.invoke('Go.');
    expect(answer).toMatchObject({ stopReason: 'completed', usage: { totalTokens: 15, cost: 0.000_003 } });
  });

  it('without a price the answer tells no cost', async () => {
    const limited = await start({});
    api.willAnswer(chat.text('Sunny.'));
    expect((await limited.invoke('Go.')).usage).not.toHaveProperty('cost');
  });

  describe('a provider that does not say what it has used', () => {
    const unmetered: Answer = (response, request) =>
      chat.text('Sunny.')(response, { ...request, body: { ...request.body, stream_options: undefined } });

    it('is refused where limits hang on it', async () => {
      const limited = await start({ maxOutputTokens: 100 });
      api.willAnswer(unmetered);
      const response = await limited.post({ input: 'Go.' });
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({
        code: 'model-failed',
        detail: 'The provider does not say how many tokens it has used. Limits of tokens and money need that.',
      });
      expect(limited.logged('model-failed')).toMatchObject([{ reason: 'usage-missing' }]);
    });

    const saying = (usage: object): Answer =>
      events(
        { ...CHUNK, choices: [{ index: 0, delta: { role: 'assistant', tool_calls: [CALL] }, finish_reason: null }] },
        { ...CHUNK, choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
        { ...CHUNK, choices: [], usage },
        '[DONE]',
      );

    it.each([
      ['nothing of it', {}],
      ['zero', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
      ['less than nothing', { prompt_tokens: -10, completion_tokens: 5, total_tokens: 5 }],
      ['parts', { prompt_tokens: 10.5, completion_tokens: 5, total_tokens: 15 }],
    ])('is refused before its tools are called when it says %s', async (_, usage) => {
      const limited = await start({ maxCost: 100 }, { inputPerMillion: 1, outputPerMillion: 1 });
      const before = toolset.requests.filter(({ method }) => method === 'tools/call').length;
      api.willAnswer(saying(usage), chat.text('too late'));
      expect(await (await limited.post({ input: 'Go.' })).json()).toMatchObject({ code: 'model-failed' });
      expect(api.requests).toHaveLength(1);
      expect(toolset.requests.filter(({ method }) => method === 'tools/call')).toHaveLength(before);
    });

    it('is taken where none do', async () => {
      const limited = await start({});
      api.willAnswer(unmetered);
      expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'completed', usage: { totalTokens: 0 } });
    });
  });

  it('timeoutMs ends a tool call that hangs', async () => {
    const limited = await start({ timeoutMs: 1000 });
    api.willAnswer(callOf('slow'));
    const answer = await limited.invoke('Go.');
    expect(answer).toMatchObject({ stopReason: 'timeout', turns: 1, usage: { totalTokens: 15 } });
    expect(answer.toolCalls).toMatchObject([
      { tool: 'slow', isError: true, output: 'The call was ended: the request has reached its time limit.' },
    ]);
  });

  it('ends in the time that its caller has, and gives its toolsets less', async () => {
    const limited = await start({ timeoutMs: 20_000 });
    api.willAnswer(callOf('slow'));
    const answer = await limited.invoke('Go.', { 'agentyard-time-left-ms': '1000' });
    expect(answer).toMatchObject({ stopReason: 'timeout', toolCalls: [{ tool: 'slow', isError: true }] });
    const left = toolset.requests.filter(({ method }) => method === 'tools/call').map(({ timeLeft }) => timeLeft);
    expect(Number(left.at(-1))).toBeGreaterThan(0);
    expect(Number(left.at(-1))).toBeLessThanOrEqual(900);
  });

  it.each(['', '-1', '1e3', '99999999999'])('does not heed "%s" as the time that its caller has', async (header) => {
    const limited = await start({ timeoutMs: 20_000 });
    api.willAnswer(chat.text('Sunny.'));
    expect(await limited.invoke('Go.', { 'agentyard-time-left-ms': header })).toMatchObject({
      stopReason: 'completed',
    });
  });

  it('timeoutMs ends a model that hangs, and keeps what it said', async () => {
    const limited = await start({ timeoutMs: 1000 });
    let closed = (): void => undefined;
    const socketClosed = new Promise<void>((resolve) => (closed = resolve));
    api.willAnswer(callOf('forecast'), (response, request) => {
      response.once('close', closed);
      hangs(response, request);
    });
    expect(await limited.invoke('Go.')).toMatchObject({
      stopReason: 'timeout',
      turns: 2,
      output: 'Let me see',
      toolCalls: [{ tool: 'forecast', isError: false }],
    });
    await socketClosed;
  });

  it('timeoutMs ends a model that does not begin to answer', async () => {
    const limited = await start({ timeoutMs: 500 });
    api.willAnswer(() => undefined);
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'timeout', turns: 1, output: '' });
  });

  it('a toolset’s timeoutMs ends the call alone', async () => {
    const binding = { ...weather('slow'), timeoutMs: 200 };
    agent = await RunningAgent.start({ model: chat.model(api.url), toolsets: [binding] }, ENVIRONMENT);
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
    api.willAnswer(callOf('slow'), chat.text('It took too long.'));
    expect(await agent.invoke('Go.')).toMatchObject({
      stopReason: 'completed',
      output: 'It took too long.',
      toolCalls: [{ tool: 'slow', isError: true, output: 'The tool did not answer within 200 ms.' }],
    });
  });

  it('the answer says that the model reached the most tokens of one answer', async () => {
    const limited = await start({ maxTotalTokens: 100_000 });
    api.willAnswer(chatAnswer({ content: 'It will be s' }, 'length'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'max-answer-tokens', output: 'It will be s' });
  });

  it('an answer that breaks off in a tool call is too long, too', async () => {
    const limited = await start({});
    api.willAnswer(chatAnswer({ content: 'I look.', tool_calls: [CALL] }, 'length'));
    expect(await limited.invoke('Go.')).toMatchObject({
      stopReason: 'max-answer-tokens',
      output: 'I look.',
      toolCalls: [
        { tool: 'failing', isError: true, output: 'The call was not made: the answer of the model ended before.' },
      ],
    });
  });

  it('the answer says that the provider filtered it', async () => {
    const limited = await start({});
    api.willAnswer(chatAnswer({ content: 'I' }, 'content_filter'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'content-filter' });
  });

  it('the stream ends as the JSON answer does', async () => {
    const limited = await start({ timeoutMs: 1000 });
    api.willAnswer(callOf('slow'));
    const streamed = await limited.stream('Go.');
    expect(streamed.map(({ type }) => type)).toEqual([
      'started',
      'turn-started',
      'tool-started',
      'tool-finished',
      'completed',
    ]);
    expect(streamed.at(-1)).toMatchObject({ response: { stopReason: 'timeout' } });
    expect(limited.logged('request')[0]).toMatchObject({ stopReason: 'timeout', turns: 1, toolCalls: 1 });
  });
});
