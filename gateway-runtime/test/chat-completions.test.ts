import type { ServerResponse } from 'node:http';
import OpenAI, { type APIError } from 'openai';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { CHAT_ANSWER } from '../src/chat/chat-answer-form';
import {
  agent,
  answerJson,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  startServer,
  startTestGateway,
  type RouteInput,
} from './fixture';

afterEach(cleanUp);

const KEYS = {
  ann: apiKey('ann000001', { user: 'ann', roles: ['support'] }),
  bob: apiKey('bob000001', { user: 'bob' }),
};
type Who = keyof typeof KEYS;

const question = { role: 'user', content: 'Hello?' } as const;
const HEAD = { id: 'chatcmpl-1', created: 1, model: 'support' };
const USAGE = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const COMPLETION = {
  ...HEAD,
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop', stop_reason: 'completed' },
  ],
  usage: USAGE,
};
const chunk = (content: string) =>
  `data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })}\n\n`;

type AgentAnswer = (response: ServerResponse) => void;

/** An agent for users with a role and one for everybody, behind a gateway with API keys. */
async function startChat(
  document: Partial<GatewayDocumentInput> = {},
  answer: AgentAnswer = (response) => answerJson(response, 200, COMPLETION),
) {
  const server = await startServer((_request, response) => answer(response));
  const gateway = await startTestGateway({
    document: documentOf({
      auth: API_KEYS,
      agents: [agent('support', { allowedRoles: ['support'] }), agent('greeter'), agent('unrouted')],
      routes: [byAgent('support'), byAgent('greeter')],
      ...document,
    }),
    hosts: { 'support-pods:8080': [server.address], 'greeter-pods:8080': [server.address] },
    keys: Object.fromEntries(Object.entries(KEYS).map(([name, { file }]) => [name, file])),
  });
  const clientOf = (who: Who) => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEYS[who].key, maxRetries: 0 });
  const audit = () => gateway.logs.filter(({ type }) => type === 'audit');
  return { gateway, server, audit, ann: clientOf('ann'), bob: clientOf('bob') };
}

const ask = (client: OpenAI, more: object = {}) =>
  client.chat.completions.create({ model: 'support', messages: [question], ...more });

describe('a chat through the gateway', () => {
  it('reaches the agent that the model names, for the user of the key, and leaves both audit lines', async () => {
    const { ann, server, audit } = await startChat();
    const settings = { temperature: 1, stream_options: null };
    expect(await ask(ann, settings)).toEqual(COMPLETION);
    const [{ headers, body }] = server.requests as [(typeof server.requests)[number]];
    expect(JSON.parse(body)).toEqual({ messages: [question], ...settings });
    expect(headers).toMatchObject({ accept: 'application/json', 'content-type': 'application/json' });
    expect(headers).not.toHaveProperty('x-api-key');
    expect(JSON.stringify(headers)).not.toContain(KEYS.ann.key);
    const [decision, outcome] = await eventually(() => (audit().length === 2 ? audit() : undefined));
    const fields = { method: 'chat', agent: 'support', route: 'by-agent-support', user: 'ann', auth: 'api-key' };
    expect(decision).toMatchObject({ event: 'decision', decision: 'allowed', ...fields });
    expect(outcome).toMatchObject({ event: 'request', path: '/v1/chat/completions', status: 200, ...fields });
  });

  it('goes where the route of the agent leads', async () => {
    const { ann, bob, gateway } = await startChat({
      routes: [byAgent('support', ['greeter'])],
    });
    await ask(ann);
    await ask(bob);
    const decisions = gateway.logs.filter(({ event }) => event === 'decision');
    expect(decisions).toMatchObject([{ agent: 'greeter' }, { agent: 'greeter' }]);
  });

  it('stays at one pod while its conversation goes on, where the route asks for it', async () => {
    const answer = (response: ServerResponse): void => answerJson(response, 200, COMPLETION);
    const { ann, server, gateway } = await startChat({
      routes: [{ ...byAgent('support'), affinity: { by: 'session' } }],
    });
    const other = await startServer((_request, response) => answer(response));
    await gateway.writeHosts({ 'support-pods:8080': [server.address, other.address] });
    for (let i = 0; i < 8; i += 1) {
      const before = [server.requests.length, other.requests.length];
      for (let n = 0; n < 3; n += 1) await ask(ann, { prompt_cache_key: `conversation ${i}` });
      const got = [server.requests.length - before[0]!, other.requests.length - before[1]!];
      expect(got.sort()).toEqual([0, 3]);
    }
    expect(Math.min(server.requests.length, other.requests.length)).toBeGreaterThan(0);
  });

  it('streams the bytes of the agent as they come', async () => {
    let agentResponse: ServerResponse | undefined;
    const { ann, server } = await startChat({}, (response) => {
      agentResponse = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('One'));
    });
    const stream = await ask(ann, { stream: true });
    const seen: string[] = [];
    for await (const { choices } of stream as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>) {
      seen.push(choices[0]?.delta.content ?? '');
      if (seen.length === 1) agentResponse?.end(`${chunk(' two')}data: [DONE]\n\n`);
    }
    expect(seen).toEqual(['One', ' two']);
    expect(server.requests[0]?.headers.accept).toBe('text/event-stream');
  });

  it('tells a client whose stream breaks off', async () => {
    const { ann, gateway } = await startChat({}, (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('One'), () => response.destroy());
    });
    const stream = (await ask(ann, { stream: true })) as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>;
    const read = async () => {
      for await (const { choices } of stream) expect(choices).toHaveLength(1);
    };
    await expect(read()).rejects.toMatchObject({ code: 'agent-failed', type: 'server_error' });
    await eventually(() =>
      gateway.logs.some(({ event, problem }) => event === 'request' && problem === 'agent-failed'),
    );
  });

  it('passes on what the agent refuses, unless that is about the gateway', async () => {
    const refuse = (status: number, code: string) => (response: ServerResponse) =>
      answerJson(response, status, { error: { message: 'Not you.', type: 'permission_error', param: null, code } });
    const { ann } = await startChat({}, refuse(403, 'role-missing'));
    await expect(ask(ann)).rejects.toMatchObject({ status: 403, code: 'role-missing' });
    await cleanUp();
    const other = await startChat({}, refuse(403, 'caller-refused'));
    await expect(ask(other.ann)).rejects.toMatchObject({
      status: 502,
      code: 'agent-failed',
      message: expect.stringContaining('The agent refuses the identity of this gateway.'),
    });
  });

  it('counts as a stream of its user', async () => {
    const { ann } = await startChat({ intake: { streamsPerUser: 1 } }, (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('One'));
    });
    await ask(ann, { stream: true });
    await expect(ask(ann, { stream: true })).rejects.toMatchObject({ status: 429, code: 'streams-exhausted' });
  });
});

describe('a chat that is refused', () => {
  it.each<[string, object, number, string, string | null]>([
    ['with a parameter that agents do not take', { n: 2 }, 400, 'request-invalid', 'n'],
    ['without a model', { model: undefined }, 400, 'request-invalid', 'model'],
    ['with more than a body may have', { user: 'x'.repeat(3_000) }, 413, 'request-too-large', null],
  ])('%s', async (_, body, status, code, param) => {
    const { ann, server } = await startChat({ maxBodyBytes: 2_000 });
    await expect(ask(ann, body)).rejects.toMatchObject({ status, code, param, type: 'invalid_request_error' });
    expect(server.requests).toEqual([]);
  });

  it('without a key, with how to show one', async () => {
    const { gateway, server, audit } = await startChat();
    const stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-unknown', maxRetries: 0 });
    const error: unknown = await ask(stranger).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ code: 'auth-invalid', type: 'authentication_error' });
    expect((error as APIError).headers?.get('www-authenticate')).toContain('Bearer');
    expect(audit()[0]).toMatchObject({ event: 'decision', decision: 'denied', method: 'chat' });
    expect(server.requests).toEqual([]);
  });

  it('by a rate limit, which clients know as such, with when to come back', async () => {
    const { ann, server } = await startChat({
      rateLimits: [{ name: 'each-user', requests: 1, windowMs: 60_000, counted: 'local' }],
    });
    await ask(ann);
    const error: unknown = await ask(ann).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ code: 'rate-limited', type: 'rate_limit_error' });
    const { headers } = error as APIError;
    expect(Number(headers?.get('retry-after'))).toBeGreaterThan(0);
    expect(headers?.get('ratelimit-policy')).toBe('"each-user";q=1;w=60');
    expect(server.requests).toHaveLength(1);
  });

  it('since its model is not there, just as one that the user may not ask', async () => {
    const { ann, bob, server, audit } = await startChat();
    const refusals = [];
    for (const [client, model] of [
      [bob, 'support'],
      [bob, 'nobody'],
      [ann, 'unrouted'],
    ] as const) {
      const error = (await ask(client, { model }).catch((thrown: unknown) => thrown)) as APIError;
      expect(error).toBeInstanceOf(OpenAI.NotFoundError);
      expect(error).toMatchObject({ code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
      refusals.push(error.message.replace(model, '<model>'));
    }
    expect(new Set(refusals)).toEqual(new Set(['404 The model "<model>" does not exist, or you may not use it.']));
    const denied = audit().filter(({ event }) => event === 'decision');
    expect(denied.map(({ reason, agent: name, user }) => [reason, name, user])).toEqual([
      ['role-missing', 'support', 'bob'],
      ['agent-unknown', undefined, 'bob'],
      ['agent-unknown', undefined, 'ann'],
    ]);
    expect(server.requests).toEqual([]);
  });
});

describe('the models of a gateway', () => {
  it('are the agents that the caller may ask', async () => {
    const { ann, bob, server, audit } = await startChat();
    const model = (id: string) => ({ id, object: 'model', created: 0, owned_by: 'agentyard' });
    expect((await ann.models.list()).data).toEqual([model('support'), model('greeter')]);
    expect((await bob.models.list()).data).toEqual([model('greeter')]);
    expect(await ann.models.retrieve('support')).toEqual(model('support'));
    for (const name of ['support', 'nobody', 'unrouted', '%73upport']) {
      await expect(bob.models.retrieve(name)).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    }
    expect(audit()[0]).toMatchObject({ event: 'decision', decision: 'allowed', method: 'models', user: 'ann' });
    expect(server.requests).toEqual([]);
  });

  it('follow the conditions of routes', async () => {
    const match: RouteInput['match'] = { by: 'agent', agent: 'greeter', callerRoles: ['support'] };
    const { ann, bob } = await startChat({ routes: [{ ...byAgent('greeter'), match }] });
    expect((await ann.models.list()).data).toMatchObject([{ id: 'greeter' }]);
    expect((await bob.models.list()).data).toEqual([]);
  });

  it('are shown to nobody without a key, and no page of another origin', async () => {
    const { gateway } = await startChat({ allowedOrigins: ['https://chat.example.com'] });
    for (const path of ['/v1/models', '/v1/models/support', '/v1/models/nobody']) {
      expect((await fetch(gateway.url + path)).status).toBe(401);
    }
    const headers = { authorization: `Bearer ${KEYS.ann.key}`, origin: 'https://evil.example' };
    const answer = await fetch(`${gateway.url}/v1/models`, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([403, { error: { code: 'origin-refused' } }]);
  });

  it.each([
    ['/v1/chat/completions', 'POST'],
    ['/v1/models', 'GET'],
    ['/v1/models/support', 'GET'],
  ])('and chats may be asked for by pages of declared origins: %s', async (path, method) => {
    const origin = 'https://chat.example.com';
    const { gateway } = await startChat({ allowedOrigins: [origin] });
    const asked = ['authorization', 'content-type', 'openai-organization', 'x-stainless-retry-count', 'x-evil'];
    const answer = await fetch(gateway.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': asked.join(','),
      },
    });
    expect([answer.status, answer.headers.get('access-control-allow-methods')]).toEqual([204, method]);
    expect(answer.headers.get('access-control-allow-headers')).toBe(asked.slice(0, -1).join(', '));
  });
});

describe('what a chat has used', () => {
  it('is read from its JSON answer, or from the chunk of its stream that tells it', () => {
    const used = { inputTokens: 3, outputTokens: 4 };
    expect(CHAT_ANSWER.usageIn(COMPLETION)).toEqual(used);
    expect(CHAT_ANSWER.usageInEvent(JSON.stringify({ ...HEAD, choices: [], usage: USAGE }))).toEqual(used);
    const quoted = JSON.stringify({ choices: [{ delta: { content: '"usage":{"prompt_tokens":1}' } }], usage: null });
    for (const data of ['[DONE]', quoted, '{"usage":{', '{"usage":{"prompt_tokens":-1,"completion_tokens":1}}']) {
      expect(CHAT_ANSWER.usageInEvent(data)).toBeUndefined();
    }
    for (const value of [null, [], { usage: null }, { usage: {} }, 'text']) {
      expect(CHAT_ANSWER.usageIn(value)).toBeUndefined();
    }
  });
});
