import { rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import type { IntrospectionLimits } from '../src/auth/introspection-endpoint';
import {
  agent,
  answerJson,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  KEYS_MOUNT,
  logLine,
  startAgent,
  startTestGateway,
  type TestGateway,
} from './fixture';
import { IntrospectingIssuer } from './introspecting-issuer';
import { SECRET_PATH } from './oidc-issuer';

afterEach(cleanUp);

const alice = apiKey('alice0001', { user: 'alice' });

/** A gateway that takes opaque tokens of an issuer, and an API key. */
async function gatewayOf(issuer: IntrospectingIssuer, introspectionLimits: Partial<IntrospectionLimits> = {}) {
  const server = await startAgent('support');
  const auth = { mode: 'credentials' as const, issuers: [issuer.entry()], apiKeys: { directory: KEYS_MOUNT } };
  const gateway = await startTestGateway({
    document: documentOf({ auth, agents: [agent('support')], routes: [byAgent('support')] }),
    hosts: { 'support-pods:8080': [server.address] },
    keys: { alice: alice.file },
    files: { [SECRET_PATH]: 'the-secret' },
    sources: { introspectionLimits },
  });
  const ask = (credential: string) =>
    gateway.invoke({ agent: 'support', input: 'hi' }, { authorization: `Bearer ${credential}` });
  return { gateway, server, ask };
}

const failuresOf = ({ metrics }: TestGateway) =>
  metrics.eventCounts.find(({ name }) => name === 'agentyard_issuer_fetch_failures_total')?.values.get('');

const readiness = async ({ url }: TestGateway) => (await fetch(`${url}/readyz`)).status;

async function expectUnavailable(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(await answer.json()).toMatchObject({ code: 'issuer-unavailable' });
}

const text =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

describe('an issuer that is asked about tokens', () => {
  it.each<[string, string, (response: ServerResponse) => void]>([
    ['with an error', 'answered with 500', text(500, '{"active":true}')],
    ['with an error that says nothing of the token', 'answered with 400', text(400, '{"error":"invalid_request"}')],
    ['with a page', 'is no JSON object', text(200, '<html>active: true</html>', { 'content-type': 'text/html' })],
    ['with null', 'is no JSON object', text(200, 'null')],
    ['with a list', 'is no JSON object', text(200, '[true]')],
    ['with nothing of the token', 'is no JSON object', text(200, '{}')],
    ['with "true" that is a text', 'is no JSON object', text(200, '{"active":"true"}')],
    ['with too much', 'over 262144 bytes', text(200, JSON.stringify({ active: true, pad: 'a'.repeat(300_000) }))],
    ['with a redirect', 'answered with 307', text(307, '', { location: '/elsewhere' })],
    ['with half an answer', 'cannot be reached', (response) => void response.socket?.destroy()],
    ['to say that it is too much', 'answered with 429', text(429, '{}')],
  ])('and answers %s is unavailable', async (_case, fault, answer) => {
    const issuer = await IntrospectingIssuer.start();
    issuer.answer = answer;
    const { ask, gateway, server } = await gatewayOf(issuer);
    for (const token of ['canary-1', 'canary-2']) await expectUnavailable(await ask(token));
    expect(await logLine(gateway, 'decision')).toMatchObject({
      decision: 'denied',
      reason: 'issuer-unavailable',
      auth: 'access-token',
      issuer: issuer.url,
    });
    // Said once, and counted each time.
    const said = gateway.logs.filter(({ event }) => event === 'introspection-unavailable');
    expect(said).toMatchObject([{ level: 'error', issuer: issuer.url, fault: expect.stringContaining(fault) }]);
    expect(failuresOf(gateway)).toBe(2);
    expect(issuer.issuer.asked).not.toContain('/elsewhere');
    expect(JSON.stringify(gateway.logs)).not.toMatch(/canary|the-secret|stack/);
    expect(server.requests).toHaveLength(0);
    expect(await readiness(gateway)).toBe(200);
  });

  it('and is down delays nobody else, and counts as soon as it is up', async () => {
    const issuer = await IntrospectingIssuer.start();
    await issuer.issuer.stop();
    const { ask, gateway } = await gatewayOf(issuer);
    await expectUnavailable(await ask('opaque'));
    expect((await logLine(gateway, 'introspection-unavailable')).fault).toBe('it cannot be reached: ECONNREFUSED');
    expect((await ask(alice.key)).status).toBe(200);
    expect(await readiness(gateway)).toBe(200);
    await issuer.issuer.open();
    await eventually(async () => (await ask('opaque')).status === 200);
    expect(await logLine(gateway, 'introspection-available')).toMatchObject({ level: 'info', issuer: issuer.url });
  });

  it('and is down does not matter to what it has just said', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask } = await gatewayOf(issuer);
    expect((await ask('opaque')).status).toBe(200);
    await issuer.issuer.stop();
    expect((await ask('opaque')).status).toBe(200);
    await expectUnavailable(await ask('another'));
  });

  it('and is slow gets few requests at a time; a few tokens wait, and no longer than an answer may take', async () => {
    const issuer = await IntrospectingIssuer.start();
    issuer.answer = () => undefined;
    const { ask, gateway } = await gatewayOf(issuer, { requests: 1, queue: 1, timeoutMs: 1_000 });
    const first = ask('one');
    await eventually(() => issuer.asked.length === 1);
    const second = ask('two');
    // Whichever is third finds the queue full.
    const third = ask('three');
    for (const answer of await Promise.all([first, second, third])) await expectUnavailable(answer);
    expect(issuer.asked.length).toBeLessThanOrEqual(2);
    expect(failuresOf(gateway)).toBe(3);
    expect((await logLine(gateway, 'introspection-unavailable')).fault).toBe('it did not answer in time');
    issuer.answer = (response) => answerJson(response, 200, issuer.claims);
    await eventually(async () => (await ask('one')).status === 200);
  });
});

describe('the client secret', () => {
  it('that is missing makes the gateway unready, until it is there', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask, gateway } = await gatewayOf(issuer);
    const file = path.join(gateway.directory, SECRET_PATH);
    expect(await readiness(gateway)).toBe(200);
    await rm(file);
    await eventually(async () => (await readiness(gateway)) === 503);
    await expectUnavailable(await ask('opaque'));
    expect(issuer.asked).toEqual([]);
    expect(await logLine(gateway, 'client-secret-unreadable')).toMatchObject({
      level: 'error',
      fault: 'the client secret of an issuer: it cannot be read: ENOENT',
    });
    await writeFile(file, 'the-secret');
    await eventually(async () => (await ask('opaque')).status === 200);
    expect(await readiness(gateway)).toBe(200);
  });

  it.each([
    ['empty', ''],
    ['of two lines', 'canary\nmore\n'],
    ['too long', 'canary'.repeat(500)],
  ])('that is %s is none', async (_case, secret) => {
    const issuer = await IntrospectingIssuer.start();
    const { gateway } = await gatewayOf(issuer);
    await writeFile(path.join(gateway.directory, SECRET_PATH), secret);
    await eventually(async () => (await readiness(gateway)) === 503);
    expect(await logLine(gateway, 'client-secret-unreadable')).toMatchObject({ level: 'error' });
    expect(JSON.stringify(gateway.logs)).not.toContain('canary');
  });
});
