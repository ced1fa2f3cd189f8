import { A2A_VERSION_HEADER, gatewayDocument, parseDocument, type GatewayDocumentInput } from 'agentyard/contract';
import { a2aAnswer } from '../src/a2a/a2a-answer';
import { cardSecurityOf } from '../src/a2a/gateway-card';
import { agent, byAgent, cleanUp, documentOf, API_KEYS, startServer, startTestGateway, type Answer } from './fixture';

afterEach(cleanUp);

const usage = { inputTokens: 12, outputTokens: 5, totalTokens: 17 };
const metadata = { agentyard: { stopReason: 'completed', usage } };
const used = { inputTokens: 12, outputTokens: 5 };
const form = a2aAnswer(1);

describe('what an answer of A2A says of its run', () => {
  it.each([
    ['a task, 1.0', { task: { id: 't', metadata } }],
    ['a task, 0.3', { kind: 'task', id: 't', metadata }],
    ['a change of status, 1.0', { statusUpdate: { taskId: 't', metadata } }],
    ['a change of status, 0.3', { kind: 'status-update', taskId: 't', metadata }],
  ])('is read in %s', (_, result) => {
    const answer = { jsonrpc: '2.0', id: 1, result };
    expect(form.usageIn(answer)).toEqual(used);
    expect(form.usageInEvent(JSON.stringify(answer))).toEqual(used);
  });

  it('is nothing for an error, and unknown while it runs', () => {
    expect(form.usageIn({ error: { code: -32_001 } })).toEqual({ inputTokens: 0, outputTokens: 0 });
    expect(form.fieldsOf?.({ error: { code: -32_001 } })).toEqual({ rpcError: -32_001 });
    expect(form.usageIn({ result: { task: { id: 't' } } })).toBeUndefined();
    for (const odd of [null, [], 'x', { result: null }, { result: { task: { metadata: 5 } } }]) {
      expect(form.usageIn(odd)).toBeUndefined();
    }
  });

  it('names the problem that ended it', () => {
    const failed = { agentyard: { problem: 'model-failed' } };
    expect(form.fieldsOf?.({ result: { task: { metadata: failed } } })).toEqual({ problem: 'model-failed' });
  });
});

describe('a stream of an agent that breaks', () => {
  const breaks: Answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"jsonrpc":"2.0","id":"a","result":{}}\n\n', () => setImmediate(() => response.destroy()));
  };

  it('ends with an error of JSON-RPC, for the request that it was of', async () => {
    const server = await startServer(breaks);
    const gateway = await startTestGateway({
      document: documentOf({ agents: [agent('support')], routes: [byAgent('support')] }),
      hosts: { 'support-pods:8080': [server.address] },
    });
    const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
    const response = await fetch(`${gateway.url}/a2a/support`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [A2A_VERSION_HEADER]: '1.0' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'SendStreamingMessage', params: { message } }),
    });
    const events = (await response.text()).split('\n\n').filter(Boolean);
    expect(JSON.parse(events.at(-1)!.slice('data: '.length))).toMatchObject({
      jsonrpc: '2.0',
      id: 'a',
      error: { code: -32_603, data: [{ reason: 'agent-failed' }] },
    });
  });

  it('has the body as the client sent it, with the names that the gateway gives', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"jsonrpc":"2.0","id":9007199254740993,"result":{}}');
    });
    const gateway = await startTestGateway({
      document: documentOf({ agents: [agent('support')], routes: [byAgent('support')] }),
      hosts: { 'support-pods:8080': [server.address] },
    });
    const body =
      '{ "jsonrpc":"2.0","id":1,"method":"message/send","params":{"message":{"x":1.50,"big":12345678901234567890}}}';
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const answer = await fetch(`${gateway.url}/a2a/support`, init);
    expect(await answer.text()).toBe('{"jsonrpc":"2.0","id":9007199254740993,"result":{}}');
    expect(server.requests[0]).toMatchObject({
      body,
      headers: {
        'agentyard-task-id': expect.stringMatching(/^[\w-]{60,400}$/),
        'agentyard-context-id': expect.stringMatching(/^[\w-]{60,400}$/),
      },
    });
    expect(server.requests[0]?.headers).not.toHaveProperty(A2A_VERSION_HEADER);
  });
});

describe('what a card says of the gateway', () => {
  const securityOf = (auth: GatewayDocumentInput['auth']) =>
    cardSecurityOf(parseDocument(gatewayDocument, JSON.stringify(documentOf({ auth }))));
  const issuer = { issuer: 'https://sso.example.com/realms/a', audiences: ['x'], roles: [] };
  const resource = { url: 'https://mcp.example.com/team', scopes: ['gateway'] };

  it('are the credentials that count', () => {
    expect(securityOf({ mode: 'none' })).toEqual([]);
    expect(securityOf({ mode: 'credentials', issuers: [issuer], resource })).toEqual([
      { kind: 'openid-connect', issuer: issuer.issuer, scopes: ['gateway'] },
      { kind: 'bearer', description: 'an access token of https://sso.example.com/realms/a' },
    ]);
    const withKeys = { ...issuer, jwksUri: 'https://sso.example.com/keys' };
    expect(securityOf({ mode: 'credentials', issuers: [withKeys] }).map(({ kind }) => kind)).toEqual(['bearer']);
  });

  it('is its public URL', async () => {
    const gateway = await startTestGateway({
      document: documentOf({
        agents: [agent('support')],
        routes: [byAgent('support')],
        auth: { ...(API_KEYS as { mode: 'credentials' }), resource },
      }),
    });
    const url = `${gateway.url}/a2a/support/.well-known/agent-card.json`;
    expect(await (await fetch(url)).json()).toMatchObject({ url: 'https://mcp.example.com/team/a2a/support' });
    const metadata = `${gateway.url}/.well-known/oauth-protected-resource/team/a2a/support`;
    expect(await (await fetch(metadata)).json()).toMatchObject({ resource: resource.url });
  });
});
