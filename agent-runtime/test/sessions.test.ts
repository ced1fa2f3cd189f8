import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { cleanUp, onCleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { TestMcpServer } from './mcp-server';
import { ModelApi, type Answer } from './model-api';
import { RunningAgent, weather } from './running-agent';
import { SessionClient } from './session-client';
import { ENVIRONMENT, WIRE_FORMATS } from './wire-formats';

const chat = WIRE_FORMATS.openaiCompatible!;

describe('sessions', () => {
  let api: ModelApi;
  let toolset: TestMcpServer;

  beforeAll(async () => {
    api = await ModelApi.start();
    toolset = await TestMcpServer.start();
  });

  afterEach(cleanUp);

  afterAll(async () => {
    await toolset.stop();
    await api.stop();
  });

  async function start(settings: Partial<Parameters<typeof RunningAgent.start>[0]> = {}): Promise<RunningAgent> {
    const agent = await RunningAgent.start(
      {
        model: chat.model(api.url),
        toolsets: [weather('forecast', 'huge', 'slow')],
        sessions: { store: { kind: 'memory' } },
        ...settings,
      },
      ENVIRONMENT,
    );
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
    onCleanUp(() => agent.stop());
    return agent;
  }

  /** What the model was given in its last request, without the prompt of the agent. */
  const given = () =>
    (api.requests.at(-1)!.body.messages as { role: string; content: unknown }[])
      .filter(({ role }) => role !== 'system')
      .map(({ role, content }) => [role, content]);

  it('goes on from what was said, tool calls included', async () => {
    const ada = new SessionClient(await start(), 'ada');
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('Sunny.'), chat.text('Yes, still.'));
    expect(await ada.ask('trip', 'The weather in Oslo?')).toMatchObject({ output: 'Sunny.', sessionId: 'trip' });
    expect(await ada.ask('trip', 'Sure?')).toMatchObject({ output: 'Yes, still.', sessionId: 'trip' });
    expect(given()).toEqual([
      ['user', 'The weather in Oslo?'],
      ['assistant', null],
      ['tool', 'Sunny in Oslo.'],
      ['assistant', 'Sunny.'],
      ['user', 'Sure?'],
    ]);
  });

  it('is another for another user, and keeps nothing of a request without one', async () => {
    const agent = await start();
    const [ada, bob] = [new SessionClient(agent, 'ada'), new SessionClient(agent, 'bob')];
    api.willAnswer(chat.text('One.'), chat.text('Two.'), chat.text('Three.'));
    await ada.ask('trip', 'A secret of Ada.');
    expect(await ada.ask(undefined, 'Alone.')).not.toHaveProperty('sessionId');
    expect(given()).toEqual([['user', 'Alone.']]);
    await bob.ask('trip', 'Hello.');
    expect(given()).toEqual([['user', 'Hello.']]);
  });

  it('takes no history beside it, and one request at a time', async () => {
    const ada = new SessionClient(await start(), 'ada');
    const history = [{ role: 'user', content: 'Earlier.' }];
    expect(await ada.refusal('/invoke', { sessionId: 'trip', input: 'Go.', history })).toEqual({
      status: 400,
      code: 'request-invalid',
    });
    let release = () => {};
    const waits: Answer = (response, request) => {
      release = () => chat.text('Late.')(response, request);
    };
    api.willAnswer(waits);
    const first = ada.ask('trip', 'Wait.');
    while (api.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await ada.refusal('/invoke', { sessionId: 'trip', input: 'Now.' })).toEqual({
      status: 409,
      code: 'session-busy',
    });
    release();
    expect(await first).toMatchObject({ output: 'Late.' });
    api.willAnswer(chat.text('Free.'));
    expect(await ada.ask('trip', 'Now.')).toMatchObject({ output: 'Free.' });
  });

  it('is as it was after a request that failed', async () => {
    const ada = new SessionClient(await start(), 'ada');
    const fails: Answer = (response) => response.writeHead(400).end();
    api.willAnswer(chat.text('One.'), fails, chat.text('Two.'));
    await ada.ask('trip', 'First.');
    expect(await ada.refusal('/invoke', { sessionId: 'trip', input: 'Lost.' })).toMatchObject({ code: 'model-failed' });
    await ada.ask('trip', 'Second.');
    expect(given().map(([, content]) => content)).toEqual(['First.', 'One.', 'Second.']);
  });

  it('leaves out what was said first where it would be too large, and of one question what tools answered', async () => {
    const sessions = { store: { kind: 'memory' as const }, maxBytes: 1_024 };
    const ada = new SessionClient(await start({ sessions }), 'ada');
    const long = 'x'.repeat(480);
    api.willAnswer(
      chat.text(long),
      chat.text(long),
      chat.text('Three.'),
      chat.toolCall('huge', {}),
      chat.text('Four.'),
    );
    await ada.ask('trip', 'First.');
    await ada.ask('trip', 'Second.');
    await ada.ask('trip', 'Third.');
    expect(given().map(([, content]) => content)).toEqual(['Second.', long, 'Third.']);
    await ada.ask('trip', 'Fourth.');
    api.willAnswer(chat.text('Five.'));
    await ada.ask('trip', 'Fifth.');
    expect(given()).toEqual([
      ['user', 'Fourth.'],
      ['assistant', 'Four.'],
      ['user', 'Fifth.'],
    ]);
  });

  it('on a volume outlasts the agent, and ends with its time', async () => {
    const directory = await temporaryDirectory();
    const sessions = { store: { kind: 'volume' as const, directory }, ttlMs: 1_000 };
    const first = await start({ sessions });
    api.willAnswer(chat.text('One.'), chat.text('Two.'), chat.text('Three.'));
    await new SessionClient(first, 'ada').ask('trip', 'First.');
    await first.stop();
    const ada = new SessionClient(await start({ sessions }), 'ada');
    await ada.ask('trip', 'Second.');
    expect(given().map(([, content]) => content)).toEqual(['First.', 'One.', 'Second.']);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await ada.ask('trip', 'Third.');
    expect(given()).toEqual([['user', 'Third.']]);
  });

  it('refuses a request whose session cannot be read, and says of an answer that it was not kept', async () => {
    const directory = path.join(await temporaryDirectory(), 'sessions');
    const agent = await start({ sessions: { store: { kind: 'volume', directory } } });
    const ada = new SessionClient(agent, 'ada');
    api.willAnswer((response, request) => {
      writeFileSync(directory, 'no folder');
      chat.text('One.')(response, request);
    });
    const answer = await ada.ask('trip', 'First.');
    expect(answer).toMatchObject({ output: 'One.' });
    expect(answer).not.toHaveProperty('sessionId');
    expect(agent.logged('session-not-kept')).toHaveLength(1);
    expect(await ada.refusal('/invoke', { sessionId: 'trip', input: 'First.' })).toEqual({
      status: 503,
      code: 'sessions-unavailable',
    });
    expect(agent.logged('sessions-unavailable')).toHaveLength(1);
  });

  it('an agent without sessions keeps nothing', async () => {
    const ada = new SessionClient(await start({ sessions: undefined }), 'ada');
    api.willAnswer(chat.text('One.'), chat.text('Two.'));
    expect(await ada.ask('trip', 'First.')).not.toHaveProperty('sessionId');
    await ada.ask('trip', 'Second.');
    expect(given()).toEqual([['user', 'Second.']]);
  });
});
