import { A2A_VERSION_HEADER, USER_CLAIM_HEADER } from 'agentyard/contract';
import { audienceOf } from '../../runtime-kit/test/identity-fixture';
import { A2aClient, answerOf, seenIn, stateOf } from './a2a-client';
import { TestMcpServer } from './mcp-server';
import { breaksOff, firstWords, ModelApi, type Answer } from './model-api';
import { invocationHeaders, RunningAgent, weather } from './running-agent';
import { ENVIRONMENT, WIRE_FORMATS } from './wire-formats';

const chat = WIRE_FORMATS.openaiCompatible!;
/** An answer that begins and never ends. */
const hangs: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify(firstWords)}\n\n`);
};

let api: ModelApi;
let toolset: TestMcpServer;
let agent: RunningAgent;

beforeAll(async () => {
  api = await ModelApi.start();
  toolset = await TestMcpServer.start();
  const card = {
    description: 'Knows the weather.',
    version: '2.1.0',
    skills: [{ id: 'forecast', name: 'Forecast', description: 'Tells the weather of a city.', tags: ['weather'] }],
  };
  const settings = { model: chat.model(api.url), card, toolsets: [weather('forecast')], limits: { maxTurns: 2 } };
  agent = await RunningAgent.start(settings, ENVIRONMENT);
  await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
});

afterAll(async () => {
  await agent.stop();
  await toolset.stop();
  await api.stop();
});

async function headersOf(sub = 'ada'): Promise<Record<string, string>> {
  const { gateway } = agent.identity;
  const claim = await gateway.claim('guide', [audienceOf('guide'), audienceOf('weather')], { sub });
  return { ...(await invocationHeaders(agent.identity)), [USER_CLAIM_HEADER]: claim };
}

async function clientOf(user?: string, version: '1.0' | '0.3' = '1.0'): Promise<A2aClient> {
  return A2aClient.connect(`${agent.url}/a2a`, await headersOf(user), version);
}

/** The answer to what no client of the SDK would send. */
async function posted(body: unknown, headers: Record<string, string> = {}) {
  const init = { method: 'POST', headers: { ...(await headersOf()), [A2A_VERSION_HEADER]: '1.0', ...headers } };
  const response = await fetch(`${agent.url}/a2a`, {
    ...init,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const sent = (message: object) => ({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } });
const textMessage = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Hello' }] };

describe.each(['1.0', '0.3'] as const)('an agent, asked by the official client of A2A %s,', (version) => {
  let client: A2aClient;

  beforeAll(async () => {
    client = await clientOf('ada', version);
  });

  it('answers a message with a task that has ended, and keeps it for its user', async () => {
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('It is sunny.'));
    const task = await client.send('Weather in Oslo?');
    expect([stateOf(task), answerOf(task)]).toEqual(['TASK_STATE_COMPLETED', 'It is sunny.']);
    expect(task.metadata).toMatchObject({
      agentyard: { stopReason: 'completed', turns: 2, usage: { inputTokens: expect.any(Number) } },
    });
    expect(answerOf(await client.get(task.id))).toBe('It is sunny.');
    await expect((await clientOf('eve', version)).get(task.id)).rejects.toThrow(/no such task/);
  });

  it('streams the answer as it comes, and says which tools it calls', async () => {
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('It is sunny.'));
    const { first, text, states } = await seenIn(client.stream('Weather in Oslo?'));
    expect(text).toBe('It is sunny.');
    expect(states).toEqual(['TASK_STATE_WORKING', 'TASK_STATE_COMPLETED']);
    expect(answerOf(await client.get(first!.id))).toBe('It is sunny.');
  });

  it('cancels a task: its run ends at once', async () => {
    let closed = (): void => undefined;
    const modelLeft = new Promise<void>((resolve) => (closed = resolve));
    api.willAnswer((response, request) => {
      response.once('close', closed);
      hangs(response, request);
    });
    const stream = client.stream('Think.');
    const { value } = await stream.next();
    const id = value?.payload?.$case === 'task' ? value.payload.value.id : '';
    expect(stateOf(await client.cancel(id))).toBe('TASK_STATE_CANCELED');
    await modelLeft;
    expect((await seenIn(stream)).states).toEqual(['TASK_STATE_CANCELED']);
    await expect(client.follow(id).next()).rejects.toThrow(/has ended/);
  });

  it('remembers what was said in a context', async () => {
    api.willAnswer(chat.text('Hello Ada.'), chat.text('You are Ada.'));
    const { contextId } = await client.send('I am Ada.');
    const next = await client.send('Who am I?', { contextId });
    expect([next.contextId, answerOf(next)]).toEqual([contextId, 'You are Ada.']);
    expect(JSON.stringify(api.requests[1]?.body.messages)).toMatch(/I am Ada.*Hello Ada.*Who am I/);
    await expect((await clientOf('eve', version)).send('Who am I?', { contextId })).rejects.toThrow(/context/);
  });
});

describe('a task that nobody waits for', () => {
  it('runs on after its stream was left, and can be followed again', async () => {
    const client = await clientOf();
    let finish = (): void => undefined;
    api.willAnswer((response, request) => {
      hangs(response, request);
      finish = () => {
        const last = { id: '1', choices: [{ index: 0, delta: { content: ' and rain.' }, finish_reason: 'stop' }] };
        response.end(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`);
      };
    });
    const left = client.stream('Weather?');
    const { value } = await left.next();
    const id = value?.payload?.$case === 'task' ? value.payload.value.id : '';
    await left.next();
    await left.return();
    const again = client.follow(id);
    const resumed = await again.next();
    expect(resumed.value?.payload?.$case).toBe('task');
    finish();
    expect((await seenIn(again)).states).toEqual(['TASK_STATE_COMPLETED']);
    expect(answerOf(await client.get(id))).toBe('Let me see and rain.');
  });

  it('is one of a few of its user, so that nobody fills the agent', async () => {
    const client = await clientOf('ben');
    api.willAnswer(...Array.from({ length: 17 }, () => hangs));
    const tasks = [];
    for (let i = 0; i < 16; i += 1) tasks.push(await client.begin('Think.'));
    await expect(client.begin('Think.')).rejects.toThrow(/as many tasks/);
    await client.cancel(tasks[0]!.id);
    expect(stateOf(await client.begin('Think.'))).toBe('TASK_STATE_WORKING');
    for (const { id } of tasks.slice(1)) await client.cancel(id);
  });

  it('ends when who sent it leaves before the answer: nobody would know of it', async () => {
    const client = new AbortController();
    let closed = (): void => undefined;
    const modelLeft = new Promise<void>((resolve) => (closed = resolve));
    api.willAnswer((response, request) => {
      response.once('close', closed);
      hangs(response, request);
      client.abort();
    });
    const init = { method: 'POST', headers: await headersOf(), signal: client.signal };
    const body = JSON.stringify({ ...sent({ ...textMessage, kind: 'message', role: 'user' }), method: 'message/send' });
    const parts = body.replace('{"text":"Hello"}', '{"kind":"text","text":"Hello"}');
    await expect(fetch(`${agent.url}/a2a`, { ...init, body: parts })).rejects.toThrow();
    await modelLeft;
  });
});

describe('a run that fails', () => {
  it('ends its task as failed, and says why', async () => {
    api.willAnswer(breaksOff);
    const task = await (await clientOf()).send('Hello');
    expect(stateOf(task)).toBe('TASK_STATE_FAILED');
    expect(task.metadata).toMatchObject({ agentyard: { problem: 'model-failed' } });
    expect(agent.logged('request').at(-1)).toMatchObject({ path: '/a2a', problem: 'model-failed', user: 'ada' });
  });

  it('ends its task as failed where a limit has cut the answer', async () => {
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.toolCall('forecast', { city: 'Lima' }));
    const task = await (await clientOf()).send('Hello');
    expect(stateOf(task)).toBe('TASK_STATE_FAILED');
    expect(task.metadata).toMatchObject({ agentyard: { stopReason: 'max-turns' } });
  });
});

it('shows its card to who may invoke it', async () => {
  const url = `${agent.url}/a2a/.well-known/agent-card.json`;
  expect((await fetch(url)).status).toBe(401);
  const card = await (await fetch(url, { headers: { ...(await headersOf()), [A2A_VERSION_HEADER]: '1.0' } })).json();
  expect(card).toMatchObject({
    name: 'guide',
    description: 'Knows the weather.',
    version: '2.1.0',
    capabilities: { streaming: true },
    skills: [{ id: 'forecast' }],
    supportedInterfaces: [{ url: `${agent.url}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }, {}],
  });
});

describe('what it does not take', () => {
  it.each([
    ['is no JSON', '{"jsonrpc":', -32_700],
    ['is a batch', [sent(textMessage)], -32_700],
    ['is no JSON-RPC', { method: 'SendMessage' }, -32_602],
    ['names an unknown method', { jsonrpc: '2.0', id: 1, method: 'Dance', params: {} }, -32_601],
    ['has no message', { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: {} }, -32_602],
    ['has no text', sent({ ...textMessage, parts: [] }), -32_602],
    ['has a part that is none', sent({ ...textMessage, parts: [null] }), -32_602],
    ['has a text that is none', sent({ ...textMessage, parts: [{ text: {} }] }), -32_602],
    ['has parts that are no list', sent({ ...textMessage, parts: 'x' }), -32_602],
    ['has an image', sent({ ...textMessage, parts: [{ url: 'http://x/y.png' }] }), -32_005],
    ['names an unknown task', sent({ ...textMessage, taskId: 'none' }), -32_001],
    ['names an unknown context', sent({ ...textMessage, contextId: 'none' }), -32_602],
    ['asks for push notifications', { ...sent(textMessage), method: 'CreateTaskPushNotificationConfig' }, -32_003],
    ['lists tasks', { jsonrpc: '2.0', id: 1, method: 'ListTasks', params: {} }, -32_004],
  ])('a body that %s', async (_, body, code) => {
    expect(await posted(body)).toMatchObject({ status: 200, body: { jsonrpc: '2.0', error: { code } } });
  });

  it('another message to a task', async () => {
    api.willAnswer(chat.text('Hello.'));
    const { id } = await (await clientOf()).send('Hello');
    expect(await posted(sent({ ...textMessage, taskId: id }))).toMatchObject({ body: { error: { code: -32_004 } } });
  });

  it('a version of A2A that it does not speak', async () => {
    const answer = await posted(sent(textMessage), { [A2A_VERSION_HEADER]: '2.0' });
    expect(answer).toMatchObject({ body: { error: { code: -32_009 } } });
  });

  it('another content type, and callers that are not named', async () => {
    expect((await posted('x', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await posted(sent(textMessage), { authorization: 'Bearer x' })).status).toBe(401);
  });
});
