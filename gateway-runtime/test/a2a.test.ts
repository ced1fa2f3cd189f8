import { A2A_VERSION_HEADER, type GatewayDocumentInput } from 'agentyard/contract';
import { A2aClient, answerOf, seenIn, stateOf } from '../../agent-runtime/test/a2a-client';
import { firstWords, ModelApi, type Answer } from '../../agent-runtime/test/model-api';
import { WIRE_FORMATS } from '../../agent-runtime/test/wire-formats';
import { startAgentPod, type AgentPod } from './a2a-agent';
import { agent, apiKey, byAgent, cleanUp, documentOf, eventually, KEYS_MOUNT, startTestGateway } from './fixture';
import type { TestGateway } from './fixture';

const chat = WIRE_FORMATS.openaiCompatible!;
/** An answer that begins and never ends. */
const hangs: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify(firstWords)}\n\n`);
};

const KEYS = {
  ada: apiKey('ada000001', { user: 'ada', roles: ['staff'] }),
  ben: apiKey('ben000001', { user: 'ben', roles: ['staff'] }),
  eve: apiKey('eve000001', { user: 'eve' }),
};
type Who = keyof typeof KEYS;

const bearer = (who: Who) => ({ authorization: `Bearer ${KEYS[who].key}` });
const MESSAGE = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
const request = (method: string, params: object) => ({ jsonrpc: '2.0', id: 7, method, params });

let api: ModelApi;
let pods: AgentPod[];
let gateways: TestGateway[];
let hosts: Record<string, string[]>;

const DOCUMENT: Partial<GatewayDocumentInput> = {
  auth: { mode: 'credentials', apiKeys: { directory: KEYS_MOUNT } },
  agents: [
    agent('support', {
      allowedRoles: ['staff'],
      card: { description: 'Helps.', version: '3.0.0' },
      limits: { maxConcurrency: 2, maxQueue: 0 },
    }),
  ],
  routes: [byAgent('support')],
};

/** Two replicas of a gateway before two pods of an agent. */
beforeAll(async () => {
  api = await ModelApi.start();
  pods = await Promise.all([1, 2].map(() => startAgentPod('support', chat.model(api.url))));
  hosts = { 'support-pods:8080': pods.map(({ address }) => address) };
  const keys = Object.fromEntries(Object.entries(KEYS).map(([name, { file }]) => [name, file]));
  // By chance both pods get requests, whether one number is drawn for each or two.
  let drawn = 0;
  const random = () => [0, 0, 0.9, 0.9][drawn++ % 4] as number;
  const start = () => startTestGateway({ document: documentOf(DOCUMENT), hosts, keys, sources: { random } });
  gateways = [await start(), await start()];
});

afterAll(async () => {
  await cleanUp();
  await api.stop();
});

const clientOf = (who: Who, gateway = 0, version: '1.0' | '0.3' = '1.0'): Promise<A2aClient> =>
  A2aClient.connect(`${gateways[gateway]!.url}/a2a/support`, bearer(who), version);

async function post(who: Who, body: unknown, headers: Record<string, string> = {}, path = '/a2a/support') {
  const response = await fetch(gateways[0]!.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [A2A_VERSION_HEADER]: '1.0', ...bearer(who), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function begunTask(client: A2aClient): Promise<string> {
  api.willAnswer(hangs);
  const { value } = await client.stream('Think.').next();
  return value?.payload?.$case === 'task' ? value.payload.value.id : '';
}

const lines = (event: string, method: string) =>
  gateways[0]!.logs.filter((line) => line.event === event && line.method === method);

describe.each(['1.0', '0.3'] as const)('an agent through its gateway, by the official client of A2A %s', (version) => {
  it('answers, and its task is found by every replica, in the pod that has it', async () => {
    const [client, other] = [await clientOf('ada', 0, version), await clientOf('ada', 1, version)];
    for (const words of ['One.', 'Two.', 'Three.', 'Four.']) {
      api.willAnswer(chat.text(words));
      const task = await client.send('Count.');
      expect([stateOf(task), answerOf(task)]).toEqual(['TASK_STATE_COMPLETED', words]);
      expect(answerOf(await other.get(task.id))).toBe(words);
    }
    const asked = pods.map(({ logs }) => logs.filter(({ path }) => path === '/a2a').length);
    expect(Math.min(...asked)).toBeGreaterThan(0);
  });

  it('streams', async () => {
    api.willAnswer(chat.text('It is sunny.'));
    const { text, states } = await seenIn((await clientOf('ada', 0, version)).stream('Weather?'));
    expect([text, states]).toEqual(['It is sunny.', ['TASK_STATE_COMPLETED']]);
  });

  it('goes on with a context, and nobody else does', async () => {
    const [client, other] = [await clientOf('ada', 0, version), await clientOf('ada', 1, version)];
    api.willAnswer(chat.text('Hello Ada.'), chat.text('You are Ada.'));
    const { contextId } = await client.send('I am Ada.');
    expect(answerOf(await other.send('Who am I?', { contextId }))).toBe('You are Ada.');
    expect(JSON.stringify(api.requests[1]?.body.messages)).toMatch(/I am Ada.*Hello Ada.*Who am I/);
    await expect((await clientOf('ben', 0, version)).send('Who am I?', { contextId })).rejects.toThrow(/context/);
  });

  it('is canceled through another replica, though its pod has no more to give', async () => {
    const id = await begunTask(await clientOf('ada', 0, version));
    const other = await clientOf('ada', 1, version);
    const followed = other.follow(id);
    await followed.next();
    expect(stateOf(await other.cancel(id))).toBe('TASK_STATE_CANCELED');
    expect((await seenIn(followed)).states).toEqual(['TASK_STATE_CANCELED']);
  });

  it('keeps the tasks of one user from another', async () => {
    const id = await begunTask(await clientOf('ada', 0, version));
    const ben = await clientOf('ben', 0, version);
    const ask = [() => ben.get(id), () => ben.cancel(id), () => ben.follow(id).next()];
    for (const each of ask) await expect(each()).rejects.toThrow(/no such task/);
    const ada = await clientOf('ada', 0, version);
    expect(stateOf(await ada.get(id))).toBe('TASK_STATE_WORKING');
    await ada.cancel(id);
  });
});

it('says in its audit lines which method of which agent was decided on, and how it ended', async () => {
  api.willAnswer(chat.text('Yes.'));
  await post('ada', request('SendMessage', { message: MESSAGE }), { 'x-request-id': 'audited-1' });
  const of = ({ requestId }: Readonly<Record<string, unknown>>) => requestId === 'audited-1';
  const fields = { user: 'ada', method: 'SendMessage', agent: 'support', route: 'by-agent-support' };
  expect(lines('decision', 'SendMessage').filter(of)).toEqual([
    expect.objectContaining({ ...fields, decision: 'allowed' }),
  ]);
  expect(await eventually(() => lines('request', 'SendMessage').find(of))).toMatchObject({ ...fields, status: 200 });
  await post('ben', request('GetTask', { id: 'x'.repeat(40) }), { 'x-request-id': 'audited-2' });
  expect(lines('decision', 'GetTask').at(-1)).toMatchObject({
    user: 'ben',
    decision: 'denied',
    reason: 'task-unknown',
  });
  expect(await eventually(() => lines('request', 'GetTask').at(-1))).toMatchObject({ rpcError: -32_001 });
});

describe('who is let in', () => {
  it('is who may invoke the agent, and the others are refused as there', async () => {
    expect(await post('eve', request('SendMessage', { message: MESSAGE }))).toMatchObject({
      status: 403,
      body: { code: 'role-missing' },
    });
    expect((await post('ada', {}, { authorization: '' })).status).toBe(401);
    expect(await post('ada', {}, {}, '/a2a/nobody')).toMatchObject({ status: 404, body: { code: 'path-unknown' } });
  });

  it('reads in the card what the program says of the agent; the others read nothing of it', async () => {
    const { url } = gateways[0]!;
    const read = async (headers: Record<string, string>) =>
      (await (await fetch(`${url}/a2a/support/.well-known/agent-card.json`, { headers })).json()) as object;
    expect(await read(bearer('ada'))).toMatchObject({ description: 'Helps.', version: '3.0.0' });
    for (const headers of [bearer('eve'), {}]) {
      expect(await read(headers)).toMatchObject({
        name: 'support',
        description: 'The agent "support".',
        version: '1.0.0',
      });
    }
    expect(await read({ authorization: 'Bearer wrong' })).toMatchObject({ code: 'auth-invalid' });
  });

  it('reads in the card, without a credential, which ones count', async () => {
    const { url } = gateways[0]!;
    for (const [file, version] of [
      ['agent-card.json', '1.0'],
      ['agent.json', '1.0'],
    ]) {
      const headers = { [A2A_VERSION_HEADER]: version! };
      const card = await (await fetch(`${url}/a2a/support/.well-known/${file}`, { headers })).json();
      expect(card).toMatchObject({
        name: 'support',
        supportedInterfaces: [{ url: `${url}/a2a/support`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }, {}],
        securitySchemes: { bearer: { httpAuthSecurityScheme: {} }, 'api-key': { apiKeySecurityScheme: {} } },
        securityRequirements: [{ schemes: { bearer: { list: [] } } }, { schemes: { 'api-key': { list: [] } } }],
      });
    }
    const old = await (await fetch(`${url}/a2a/support/.well-known/agent-card.json`)).json();
    expect(old).toMatchObject({
      url: `${url}/a2a/support`,
      protocolVersion: '0.3.0',
      securitySchemes: { 'api-key': { type: 'apiKey', in: 'header', name: 'x-api-key' } },
    });
    expect((await fetch(`${url}/a2a/nobody/.well-known/agent-card.json`)).status).toBe(404);
  });
});

it('keeps to the agent’s concurrency, and lets who has a task cancel it nevertheless', async () => {
  const client = await clientOf('ada');
  const ids = [];
  api.willAnswer(...Array.from({ length: 4 }, () => hangs));
  const streams = Array.from({ length: 4 }, () => client.stream('Think.'));
  for (const stream of streams) {
    const { value } = await stream.next();
    ids.push(value?.payload?.$case === 'task' ? value.payload.value.id : '');
  }
  expect(await post('ada', request('SendMessage', { message: MESSAGE }))).toMatchObject({
    status: 503,
    body: { code: 'overloaded' },
  });
  for (const id of ids) expect(stateOf(await client.cancel(id))).toBe('TASK_STATE_CANCELED');
});

describe('what it does not take', () => {
  it.each([
    ['is no JSON', '{"jsonrpc":', -32_700],
    ['is not UTF-8 or nested too deep', '['.repeat(200), -32_600],
    ['is a batch', [request('GetTask', { id: 'x' })], -32_600],
    ['is no JSON-RPC', { method: 'SendMessage' }, -32_600],
    ['has no id', { jsonrpc: '2.0', method: 'SendMessage', params: {} }, -32_600],
    ['names an unknown method', request('Dance', {}), -32_601],
    ['names a method of every object', request('constructor', {}), -32_601],
    ['names no task', request('GetTask', {}), -32_602],
    ['names a task by a number', request('GetTask', { id: 5 }), -32_602],
    ['names a task of nobody', request('GetTask', { id: 'task-1' }), -32_001],
    ['names a context of nobody', request('SendMessage', { message: { ...MESSAGE, contextId: 'c' } }), -32_602],
    [
      'names a task of nobody for its message',
      request('SendMessage', { message: { ...MESSAGE, task_id: 't' } }),
      -32_001,
    ],
    ['has no text', request('SendMessage', { message: { ...MESSAGE, parts: [] } }), -32_602],
    ['asks for push notifications', request('CreateTaskPushNotificationConfig', {}), -32_003],
    ['lists tasks', request('ListTasks', {}), -32_004],
    ['asks for another card', request('GetExtendedAgentCard', {}), -32_007],
  ])('a body that %s', async (_, body, code) => {
    expect(await post('ada', body)).toMatchObject({ status: 200, body: { jsonrpc: '2.0', error: { code } } });
  });

  it('another content type, and another method', async () => {
    expect(await post('ada', 'x', { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
      body: { code: 'media-type-unsupported' },
    });
    const get = await fetch(`${gateways[0]!.url}/a2a/support`, { headers: bearer('ada') });
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

it('says that a task is gone when its pod is', async () => {
  const client = await clientOf('ada');
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) {
    api.willAnswer(chat.text('Yes.'));
    ids.push((await client.send('Hello')).id);
  }
  await gateways[0]!.writeHosts({ 'support-pods:8080': [pods[0]!.address] });
  const found = async (id: string): Promise<string> =>
    client.get(id).then(
      () => 'found',
      (error: Error) => error.message,
    );
  await eventually(async () => {
    const answers = await Promise.all(ids.map(found));
    return answers.includes('found') && answers.some((answer) => /no such task/.test(answer)) ? answers : undefined;
  });
  await gateways[0]!.writeHosts(hosts);
});
