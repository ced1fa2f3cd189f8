import type { ServerResponse } from 'node:http';
import { CONTEXT_ID_HEADER, problemOf, type GatewayDocumentInput } from 'agentyard/contract';
import { invokeAnswer } from './agent-tool-fixture';
import {
  agent,
  answerJson,
  API_KEYS,
  apiKey,
  byAgent,
  byIntent,
  cleanUp,
  documentOf,
  eventually,
  startServer,
  startTestGateway,
  type TestGateway,
  type TestServer,
} from './fixture';
import { messageOf, post } from './toolset-fixture';

const KEYS = {
  vic: apiKey('vic000001', { user: 'vic', roles: ['viewer'] }),
  ada: apiKey('ada000001', { user: 'ada', roles: ['viewer', 'admin'] }),
};
type Who = keyof typeof KEYS;

const bearer = (who: Who) => ({ authorization: `Bearer ${KEYS[who].key}` });

/** A viewer asks with few words, in no conversation that it could have made up, and not for itself. */
const RULES = [
  {
    role: 'viewer',
    schema: {
      type: 'object' as const,
      properties: { input: { type: 'string', maxLength: 10 }, history: { type: 'array', maxItems: 0 } },
    },
    expression: 'args.input != user.sub + tool',
  },
];

const DOCUMENT: Partial<GatewayDocumentInput> = {
  auth: API_KEYS,
  agents: [
    agent('support', { allowedRoles: ['viewer', 'admin'], argumentRules: RULES }),
    agent('free'),
    agent('either'),
  ],
  routes: [byAgent('support'), byAgent('either', ['support', 'free']), byIntent('words', 'help', 'support')],
  agentTools: ['support'],
};

const TURN = { role: 'user' as const, content: 'Hi' };
const LONG = 'x'.repeat(11);

interface Asked {
  readonly input: string;
  readonly history?: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[];
}

interface Told {
  readonly status: number;
  readonly text: string;
}

let support: TestServer;
let free: TestServer;
let gateway: TestGateway;
/** What the agent answers; absent: that all is well. */
let refuse: ((response: ServerResponse) => void) | undefined;

beforeAll(async () => {
  const start = () =>
    startServer(({ url, headers }, response) => {
      if (refuse !== undefined) return refuse(response);
      const task = { id: 't', contextId: headers[CONTEXT_ID_HEADER], status: { state: 'TASK_STATE_COMPLETED' } };
      answerJson(response, 200, url === '/a2a' ? { jsonrpc: '2.0', id: 7, result: { task } } : invokeAnswer());
    });
  [support, free] = await Promise.all([start(), start()]);
  gateway = await startTestGateway({
    document: documentOf(DOCUMENT),
    hosts: { 'support-pods:8080': [support.address], 'free-pods:8080': [free.address] },
    keys: Object.fromEntries(Object.entries(KEYS).map(([name, { file }]) => [name, file])),
  });
});

beforeEach(() => {
  gateway.logs.length = support.requests.length = free.requests.length = 0;
  refuse = undefined;
});

afterAll(cleanUp);

async function toldBy(answer: Response): Promise<Told> {
  return { status: answer.status, text: await answer.text() };
}

function send(who: Who, path: string, body: object, headers: object = {}): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(who), ...headers },
    body: JSON.stringify(body),
  });
}

const call = (era: 'modern' | 'legacy', path: string) => async (who: Who, args: Asked) =>
  toldBy(await post(gateway, era, 'tools/call', { name: 'support', arguments: args }, bearer(who), path));
const invoke =
  (target: object, headers = {}) =>
  async (who: Who, args: Asked) =>
    toldBy(await gateway.invoke({ ...target, ...args }, { ...bearer(who), ...headers }));
const a2aMessage = (who: Who, { input }: Asked, more: object = {}) => {
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: input }], ...more };
  const request = { jsonrpc: '2.0', id: 7, method: 'SendMessage', params: { message } };
  return send(who, '/a2a/support', request, { 'a2a-version': '1.0' });
};

type Door = (who: Who, args: Asked) => Promise<Told>;

/** Each way to the agent, and what it answers where the arguments are refused. */
const DOORS: readonly (readonly [string, Door, status: number, method: string])[] = [
  ['/mcp', call('modern', '/mcp'), 200, 'tools/call'],
  ['/mcp in the legacy era', call('legacy', '/mcp'), 200, 'tools/call'],
  ['/mcp/support', call('modern', '/mcp/support'), 200, 'tools/call'],
  ['/v1/invoke by name', invoke({ agent: 'support' }), 403, 'invoke'],
  ['/v1/invoke by intent', invoke({ intent: 'help' }), 403, 'invoke'],
  ['/v1/invoke as a stream', invoke({ agent: 'support' }, { accept: 'text/event-stream' }), 403, 'invoke'],
  [
    '/v1/chat/completions',
    async (who, { input, history = [] }) => {
      const messages = [...history, { role: 'assistant', content: ' ' }, { role: 'user', content: input }];
      return toldBy(await send(who, '/v1/chat/completions', { model: 'support', messages }));
    },
    403,
    'chat',
  ],
  ['/a2a/support', async (who, args) => toldBy(await a2aMessage(who, args)), 403, 'SendMessage'],
];

describe.each(DOORS)('the argument rules of an agent at %s', (_title, door, status, method) => {
  it('let through what they allow, and everything of a role without one', async () => {
    for (const [who, input] of [
      ['vic', 'Help!'],
      ['ada', LONG],
    ] as const) {
      expect((await door(who, { input })).status).toBe(200);
    }
    expect(support.requests).toHaveLength(2);
  });

  it.each([
    ['too many words', LONG, '/input (maxLength)', 'viewer #/properties/input/maxLength'],
    ['what an expression refuses', 'vicsupport', '/ (cel)', 'viewer #'],
  ])('refuse %s before the agent gets it', async (_what, input, where, rule) => {
    const told = await door('vic', { input });
    expect(told.status).toBe(status);
    expect(told.text).toContain('arguments-refused');
    expect(told.text).toContain(`The call is not allowed with these arguments: ${where}. Nothing was called.`);
    expect(support.requests).toEqual([]);
    const fields = { type: 'audit', user: 'vic', agent: 'support', method, rule };
    const denied = { ...fields, decision: 'denied', reason: 'arguments-refused' };
    expect(gateway.logs.filter(({ event }) => event === 'decision')).toEqual([expect.objectContaining(denied)]);
    const outcome = await eventually(() => gateway.logs.find(({ event }) => event === 'request'));
    expect(outcome).toMatchObject({ ...denied, status, problem: 'arguments-refused' });
    expect(JSON.stringify(gateway.logs)).not.toContain(input);
  });
});

it.each(DOORS.filter(([, , , method]) => method !== 'SendMessage'))(
  'what a client says of a conversation is judged at %s, too',
  async (_title, door) => {
    const told = await door('vic', { input: 'Help!', history: [TURN, { role: 'assistant', content: 'Yes' }] });
    expect(told.text).toContain('/history (maxItems)');
    expect(support.requests).toEqual([]);
  },
);

it('a backend whose rules refuse it does not count, and the others do', async () => {
  for (let i = 0; i < 4; i++)
    expect((await gateway.invoke({ agent: 'either', input: LONG }, bearer('vic'))).status).toBe(200);
  expect([support.requests.length, free.requests.length]).toEqual([0, 4]);
});

describe('by A2A', () => {
  it('each message of a context is judged, and asking for a task is not', async () => {
    const { result } = await messageOf(await a2aMessage('vic', { input: 'Help!' }));
    const { contextId } = (result as { task: { contextId: string } }).task;
    expect((await a2aMessage('vic', { input: 'And?' }, { contextId })).status).toBe(200);
    expect((await a2aMessage('vic', { input: LONG }, { contextId })).status).toBe(403);
    expect(support.requests).toHaveLength(2);
    const id = support.requests[0]!.headers['agentyard-task-id'];
    const get = { jsonrpc: '2.0', id: 7, method: 'GetTask', params: { id } };
    expect((await send('vic', '/a2a/support', get, { 'a2a-version': '1.0' })).status).toBe(200);
  });

  it('all parts of a message are its text', async () => {
    const parts = [{ text: 'xxxxx' }, { text: 'xxxxx' }];
    expect((await a2aMessage('vic', { input: '' }, { parts })).status).toBe(403);
  });

  it.each([[[{ raw: 'eA==' }]], [['x']], [[{ text: 1 }]]])('what is no text is not passed on: %j', async (parts) => {
    expect(await messageOf(await a2aMessage('vic', { input: '' }, { parts }))).toMatchObject({
      error: { code: -32005, message: 'The agent takes text alone' },
    });
    expect(support.requests).toEqual([]);
  });
});

it('tells the client when the agent, which knows the whole conversation, refuses it', async () => {
  refuse = (response) => answerJson(response, 403, problemOf('arguments-refused', { detail: '/history (maxItems)' }));
  const told = await invoke({ agent: 'support' })('vic', { input: 'Help!' });
  expect([told.status, told.text]).toEqual([403, expect.stringContaining('/history (maxItems)')]);
  expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
});

it('refuses a document whose rules would let everything pass', async () => {
  const properties = { inputs: { type: 'string', maxLength: 10 } };
  const argumentRules = [{ role: 'viewer', schema: { type: 'object' as const, properties } }];
  await gateway.writeDocument(
    documentOf({
      ...DOCUMENT,
      agents: [agent('support', { allowedRoles: ['viewer'], argumentRules }), agent('free'), agent('either')],
    }),
  );
  const { faults } = await eventually(() => gateway.logs.find(({ event }) => event === 'reload-refused'));
  expect(faults).toContainEqual({
    path: '$.agents[0].argumentRules[0].schema.properties.inputs',
    message: 'is none of the arguments that there are: input, history',
  });
  expect((await invoke({ agent: 'support' })('vic', { input: LONG })).status).toBe(403);
});
