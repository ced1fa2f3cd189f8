import type { IncomingMessage } from 'node:http';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture';
import {
  agent,
  answerJson,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  startAgent,
  startServer,
  startTestGateway,
} from './fixture';
import { userCheck } from './identity-files';

afterEach(cleanUp);

const KEYS = {
  ann: apiKey('ann000001', { user: 'ann', roles: ['support'] }),
  eve: apiKey('eve000001', { user: 'eve', roles: ['officer'] }),
};
type Who = keyof typeof KEYS;

const LIST = { approvals: [] };
const DECISION = { id: 'a-1', approved: true, reason: 'Fine.' };

/** An agent that says what it was asked, with an approver that may not invoke it, and one where nothing waits. */
async function start() {
  const paths: string[] = [];
  const answer = ({ url = '' }: IncomingMessage) => (url.startsWith('/approvals') ? LIST : { agent: 'support' });
  const server = await startServer(
    (request, response) => {
      paths.push(request.url ?? '');
      answerJson(response, 200, answer(request));
    },
    undefined,
    undefined,
    await userCheck('support', subjectOf('support')),
  );
  const greeter = await startAgent('greeter');
  const gateway = await startTestGateway({
    document: documentOf({
      auth: API_KEYS,
      agents: [
        agent('support', {
          allowedRoles: ['support'],
          approverRoles: ['officer'],
          keepsSessions: true,
          claimAudiences: [audienceOf('support'), audienceOf('orders')],
        }),
        agent('greeter'),
      ],
      routes: [byAgent('support'), byAgent('greeter')],
    }),
    hosts: { 'support-pods:8080': [server.address], 'greeter-pods:8080': [greeter.address] },
    keys: Object.fromEntries(Object.entries(KEYS).map(([name, { file }]) => [name, file])),
  });
  const send = async (who: Who, path: string, body?: unknown) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${KEYS[who].key}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as { code?: string } };
  };
  const audit = () => gateway.logs.filter(({ type }) => type === 'audit');
  return { server, greeter, paths, send, audit };
}

describe('approvals through the gateway', () => {
  it('are listed and decided for approvers, who show the agent a claim that is good for nothing else', async () => {
    const { server, paths, send, audit } = await start();
    expect(await send('eve', '/v1/approvals/support')).toEqual({ status: 200, body: LIST });
    expect(await send('eve', '/v1/approvals/support', DECISION)).toMatchObject({ status: 200 });
    expect(paths).toEqual(['/approvals/list', '/approvals/decide']);
    expect(server.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([{}, DECISION]);
    expect(server.requests.map(({ user }) => [user?.sub, user?.aud])).toEqual(
      Array(2).fill(['eve', [audienceOf('support')]]),
    );
    const lines = await eventually(() => (audit().length === 4 ? audit() : undefined));
    expect(lines.slice(2)).toMatchObject([
      { event: 'decision', decision: 'allowed', method: 'approvals', agent: 'support', user: 'eve', approval: 'a-1' },
      { event: 'request', status: 200, approved: true, approval: 'a-1' },
    ]);
  });

  it('are nothing that anybody else sees', async () => {
    const { paths, send, audit } = await start();
    for (const path of ['/v1/approvals/support', '/v1/approvals/greeter', '/v1/approvals/none', '/v1/approvals/']) {
      expect(await send('ann', path)).toMatchObject({ status: 404, body: { code: 'agent-unknown' } });
    }
    expect(await send('eve', '/v1/approvals/greeter', DECISION)).toMatchObject({ status: 404 });
    expect(paths).toEqual([]);
    const ends = audit().filter(({ event }) => event === 'request');
    expect(ends.map(({ decision, reason }) => [decision, reason])).toEqual([
      ['denied', 'role-missing'],
      ...Array<[string, string]>(4).fill(['denied', 'agent-unknown']),
    ]);
  });

  it('a decision is read before it is sent', async () => {
    const { paths, send } = await start();
    const wrong = { id: 'a-1', aproved: true };
    expect(await send('eve', '/v1/approvals/support', wrong)).toMatchObject({
      status: 400,
      body: { code: 'request-invalid' },
    });
    expect(paths).toEqual([]);
  });
});

describe('a session through the gateway', () => {
  it('is named to the agent, and gone on with for who may invoke it', async () => {
    const { server, greeter, paths, send } = await start();
    expect(await send('ann', '/v1/invoke', { agent: 'support', sessionId: 's-1', input: 'Hi.' })).toMatchObject({
      status: 200,
    });
    expect(await send('ann', '/v1/resume', { agent: 'support', sessionId: 's-1' })).toMatchObject({ status: 200 });
    expect(paths).toEqual(['/invoke', '/resume']);
    expect(server.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { input: 'Hi.', history: [], sessionId: 's-1' },
      { sessionId: 's-1' },
    ]);
    expect(server.requests[1]!.user).toMatchObject({ sub: 'ann', aud: [audienceOf('support'), audienceOf('orders')] });
    expect(await send('eve', '/v1/resume', { agent: 'support', sessionId: 's-1' })).toMatchObject({
      status: 403,
      body: { code: 'role-missing' },
    });
    expect(await send('ann', '/v1/resume', { agent: 'support' })).toMatchObject({ status: 400 });
    await send('ann', '/v1/invoke', { agent: 'greeter', sessionId: 's-1', input: 'Hi.' });
    expect(JSON.parse(greeter.requests[0]!.body)).toEqual({ input: 'Hi.', history: [] });
  });
});
