import type { AgentDocumentInput } from 'agentyard/contract';
import { TestMcpServer } from './mcp-server';
import { firstWords, ModelApi, type Answer } from './model-api';
import { RunningAgent, weather } from './running-agent';
import { chatAnswer, ENVIRONMENT, WIRE_FORMATS } from './wire-formats';

const chat = WIRE_FORMATS.openaiCompatible!;
const callOf = (tool: string): Answer => chat.toolCall(tool, tool === 'forecast' ? { city: 'Oslo' } : {});
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

  async function start(limits: AgentDocumentInput['limits']): Promise<RunningAgent> {
    const settings = { model: chat.model(api.url), limits, toolsets: [weather('forecast', 'slow', 'failing')] };
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
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'failing', arguments: '{}' } };
    const saying = (content: string) => chatAnswer({ content, tool_calls: [call] }, 'tool_calls');
    const limited = await start({ maxTurns: 3 });
    api.willAnswer(saying('I look.'), saying('I look again.'), callOf('failing'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'max-turns', output: 'I look again.' });
    api.willAnswer(saying('I look.'), chat.text('It is closed.'));
    const events = await limited.stream('Go.');
    const texts = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));
    expect(texts).toEqual(['I look.', 'It is closed.']);
    expect(events.at(-1)).toMatchObject({ response: { output: 'It is closed.' } });
  });

  it('an answer in the last turn is an answer', async () => {
    const limited = await start({ maxTurns: 2 });
    api.willAnswer(callOf('forecast'), chat.text('Sunny.'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'completed', turns: 2, output: 'Sunny.' });
  });

  it('maxTotalTokens prevents the turn after the one that crossed it', async () => {
    const limited = await start({ maxTotalTokens: 30 });
    api.willAnswer(callOf('forecast'), callOf('failing'), chat.text('too late'));
    const answer = await limited.invoke('Go.');
    expect(answer).toMatchObject({ stopReason: 'max-total-tokens', turns: 2, usage: { totalTokens: 30 } });
    expect(answer.toolCalls).toHaveLength(2);
    expect(api.requests).toHaveLength(2);
  });

  it('timeoutMs ends a tool call that hangs', async () => {
    const limited = await start({ timeoutMs: 1000 });
    api.willAnswer(callOf('slow'));
    const answer = await limited.invoke('Go.');
    expect(answer).toMatchObject({ stopReason: 'timeout', turns: 1, usage: { totalTokens: 0 } });
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

  it('the answer says that the model reached its output tokens', async () => {
    const limited = await start({});
    api.willAnswer(chatAnswer({ content: 'It will be s' }, 'length'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'max-output-tokens', output: 'It will be s' });
  });

  it('the answer says that the provider filtered it', async () => {
    const limited = await start({});
    api.willAnswer(chatAnswer({ content: 'I' }, 'content_filter'));
    expect(await limited.invoke('Go.')).toMatchObject({ stopReason: 'content-filter' });
  });

  it('the stream ends as the JSON answer does', async () => {
    const limited = await start({ timeoutMs: 1000 });
    api.willAnswer(callOf('slow'));
    const events = await limited.stream('Go.');
    expect(events.map(({ type }) => type)).toEqual(['turn-started', 'tool-started', 'tool-finished', 'completed']);
    expect(events.at(-1)).toMatchObject({ response: { stopReason: 'timeout' } });
    expect(limited.logged('request')[0]).toMatchObject({ stopReason: 'timeout', turns: 1, toolCalls: 1 });
  });
});
