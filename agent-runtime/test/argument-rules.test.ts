import { problem, USER_CLAIM_HEADER, type AgentDocumentInput } from 'agentyard/contract';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture';
import { A2aClient, answerOf, stateOf } from './a2a-client';
import { documentOf, RunningAgent } from './running-agent';

const model: AgentDocumentInput['model'] = { provider: 'scripted', rules: [{ steps: [{ say: 'It is sunny.' }] }] };
const properties = {
  input: { type: 'string', maxLength: 10 },
  history: { type: 'array', maxItems: 2 },
};

/** An agent for readers with few words, and for a job that acts for itself, with what everybody may ask. */
function settings() {
  const { identity } = documentOf({ model });
  const job = { name: 'job', subject: subjectOf('job'), withoutUser: true };
  return {
    model,
    allowedRoles: ['reader', 'writer'],
    argumentRules: [
      { role: 'reader', schema: { type: 'object' as const, properties } },
      { role: '*', expression: "args.input != 'secrets' && tool == 'guide'" },
    ],
    identity: { ...identity, callers: [...identity.callers, job] },
  };
}

let agent: RunningAgent;

beforeAll(async () => {
  agent = await RunningAgent.start(settings());
});

afterAll(() => agent.stop());

beforeEach(() => {
  agent.log.length = 0;
});

async function headersOf(role: string | undefined): Promise<Record<string, string>> {
  const { identity } = agent;
  const authorization = await identity.bearer(role === undefined ? 'job' : 'gateway', 'guide');
  if (role === undefined) return { authorization };
  const claim = await identity.gateway.claim('guide', [audienceOf('guide')], { roles: [role] });
  return { authorization, [USER_CLAIM_HEADER]: claim };
}

async function ask(role: string | undefined, path: string, body: object, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/json', ...(await headersOf(role)), ...more };
  return fetch(agent.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
}

const messages = (...contents: string[]) =>
  contents.map((content, i) => ({ role: (contents.length - i) % 2 === 1 ? 'user' : 'assistant', content }));

it.each<[string, string | undefined, string, object]>([
  ['a user within the rule of its role', 'reader', '/invoke', { input: 'Weather?' }],
  ['the same, in a short chat', 'reader', '/v1/chat/completions', { messages: messages('Hi', 'Hello', 'Weather?') }],
  ['a user by the rule for all', 'writer', '/invoke', { input: 'What is the weather?' }],
  ['a service by the rule for all', undefined, '/invoke', { input: 'What is the weather?' }],
])('an agent answers %s', async (_what, role, path, body) => {
  expect((await ask(role, path, body)).status).toBe(200);
});

it.each<[string, string | undefined, string, object, string, string]>([
  [
    'a user',
    'reader',
    '/invoke',
    { input: 'x'.repeat(11) },
    '/input (maxLength)',
    'reader #/properties/input/maxLength',
  ],
  [
    'a chat that goes on for too long',
    'reader',
    '/v1/chat/completions',
    { messages: messages('Hi', 'Hello', 'How?', 'So', 'Weather?') },
    '/history (maxItems)',
    'reader #/properties/history/maxItems',
  ],
  ['a user without a rule of its role', 'writer', '/invoke', { input: 'secrets' }, '/ (cel)', 'writer #'],
  ['a service that acts for itself', undefined, '/invoke', { input: 'secrets' }, '/ (cel)', '* #'],
])('it refuses what the rules do not allow to %s', async (_what, role, path, body, where, rule) => {
  for (const accept of ['application/json', 'text/event-stream']) {
    const answer = await ask(role, path, body, { accept });
    const text = await answer.text();
    expect([answer.status, text]).toEqual([403, expect.stringContaining('arguments-refused')]);
    expect(text).toContain(`The call is not allowed with these arguments: ${where}. Nothing was called.`);
    if (path === '/invoke') expect(problem.safeParse(JSON.parse(text)).success).toBe(true);
    expect(agent.logged('request').at(-1)).toMatchObject({
      type: 'audit',
      caller: role === undefined ? 'job' : 'gateway',
      decision: 'denied',
      reason: 'arguments-refused',
      rule,
    });
  }
});

it.each(['1.0', '0.3'] as const)('a context of A2A %s is judged by all that was said in it', async (version) => {
  const client = await A2aClient.connect(`${agent.url}/a2a`, await headersOf('reader'), version);
  const { contextId } = await client.send('One?');
  expect(answerOf(await client.send('Two?', { contextId }))).toBe('It is sunny.');
  const task = await client.send('Three?', { contextId });
  expect(stateOf(task)).toBe('TASK_STATE_FAILED');
  expect(task.metadata).toMatchObject({ agentyard: { problem: 'arguments-refused' } });
  expect(agent.logged('request').at(-1)).toMatchObject({
    decision: 'denied',
    reason: 'arguments-refused',
    rule: 'reader #/properties/history/maxItems',
  });
});
