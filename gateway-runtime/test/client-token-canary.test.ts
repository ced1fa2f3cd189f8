import type { McpServerInput } from 'agentyard/contract';
import { exchange, forItself, mcpServer, TokenServer } from './credentials-fixture';
import {
  agent,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  KEYS_MOUNT,
  startAgent,
  startTestGateway,
  type TestGateway,
} from './fixture';
import { IntrospectingIssuer } from './introspecting-issuer';
import { SECRET_PATH } from './oidc-issuer';
import { messageOf, post, startForeignServer, startToolset, toolset, type Era } from './toolset-fixture';
import { TestIssuer } from './test-issuer';
import { tap, type WireTap } from './wire-tap';

afterEach(cleanUp);

const KEY = apiKey('canary0001');
const OPAQUE = 'canary.opaque-token';

/** A gateway before an agent and a toolset, whose wires are tapped, and what clients can show to it. */
async function platform() {
  const issuer = await IntrospectingIssuer.start();
  const wires = {
    agent: await tap((await startAgent('support')).address),
    toolset: await tap((await startToolset('logs')).address),
  };
  const gateway = await startTestGateway({
    document: documentOf({
      auth: { mode: 'credentials', issuers: [issuer.entry()], apiKeys: { directory: KEYS_MOUNT } },
      agents: [agent('support')],
      routes: [byAgent('support')],
      toolsets: [toolset('logs', ['echo'])],
    }),
    hosts: { 'support-pods:8080': [wires.agent.address], 'logs-pods:8080': [wires.toolset.address] },
    keys: { canary: KEY.file },
    files: { [SECRET_PATH]: 'canary-client-secret' },
  });
  return { gateway, wires, jwt: await issuer.issuer.sign() };
}

const FORMS: [string, (jwt: string) => Record<string, string>][] = [
  ['a JWT', (jwt) => ({ authorization: `Bearer ${jwt}` })],
  ['an opaque token', () => ({ authorization: `Bearer ${OPAQUE}` })],
  ['an API key as a bearer token', () => ({ authorization: `Bearer ${KEY.key}` })],
  ['an API key as a header', () => ({ 'x-api-key': KEY.key })],
  ['two of them', (jwt) => ({ authorization: `Bearer ${jwt}`, 'x-api-key': KEY.key })],
];

/** What must not be in what is sent on: each credential, and what else clients are known by. */
function expectNoCanary(wire: WireTap, jwt: string): void {
  const sent = wire.sent();
  expect(sent).toMatch(/POST \//);
  expect(sent).not.toContain(jwt);
  // Nor a part of it that could be put together again.
  for (const part of jwt.split('.').slice(1)) expect(sent).not.toContain(part);
  expect(sent).not.toMatch(/canary/);
  expect(sent).not.toContain(KEY.key.slice(3));
}

/** Sends what clients may think of beside their credential. */
const BESIDE = {
  cookie: 'session=canary',
  'proxy-authorization': 'Basic canary',
  'x-forwarded-access-token': 'canary',
};

async function callTool(gateway: TestGateway, era: Era, headers: Record<string, string>): Promise<unknown> {
  return messageOf(await post(gateway, era, 'tools/call', { name: 'echo', arguments: { text: 'hi' } }, headers));
}

describe.each(FORMS)('a client that shows %s', (_form, shown) => {
  it('does not have it sent to agents', async () => {
    const { gateway, wires, jwt } = await platform();
    const answer = await gateway.invoke({ agent: 'support', input: 'hi' }, { ...BESIDE, ...shown(jwt) });
    expect(answer.status).toBe(200);
    expectNoCanary(wires.agent, jwt);
  });

  it.each(['modern', 'legacy'] as const)('does not have it sent to toolsets (%s)', async (era) => {
    const { gateway, wires, jwt } = await platform();
    const message = await callTool(gateway, era, { ...BESIDE, ...shown(jwt) });
    expect(message).toMatchObject({ result: { content: [{ text: 'logs: hi' }] } });
    expectNoCanary(wires.toolset, jwt);
  });
});

const UPSTREAM_SECRET = '/etc/agentyard/upstream/secret';

/** Where tokens are, and what a server is shown. */
type Shown = (tokens: TokenServer, issuer: string) => McpServerInput['credentials'];

const KINDS: [string, Shown, RegExp][] = [
  ['nothing', () => undefined, /^(?![\s\S]*authorization)/i],
  ['a secret', () => ({ by: 'secret', header: 'x-key', file: UPSTREAM_SECRET }), /x-key: upstream-secret/],
  ['client credentials', (tokens) => forItself(tokens), /authorization: Bearer token-1/],
  ['an exchanged token', (tokens, issuer) => exchange(tokens, { issuer }), /authorization: Bearer token-1/],
  ['a user claim', () => ({ by: 'user-claim', audience: 'https://crm.example.com' }), /authorization: Bearer ey/],
];

describe.each(KINDS)('a server of others that is shown %s', (kind, shown, proof) => {
  it.each(['modern', 'legacy'] as const)('is not sent what the client has shown (%s)', async (era) => {
    const issuer = await TestIssuer.start();
    const tokens = await TokenServer.start();
    const crm = await startForeignServer();
    const wire = await tap(crm.address);
    const endpoint = { by: 'url' as const, url: `http://${wire.address}/mcp` };
    const gateway = await startTestGateway({
      document: documentOf({
        auth: { mode: 'credentials', issuers: [issuer.entry()], apiKeys: { directory: KEYS_MOUNT } },
        mcpServers: [mcpServer('crm', { endpoint, credentials: shown(tokens, issuer.url) })],
      }),
      keys: { canary: KEY.file },
      files: { 'upstream/secret': 'upstream-secret' },
    });
    const jwt = await issuer.sign();
    const forms = kind === 'an exchanged token' ? FORMS.slice(0, 1) : [FORMS[0]!, FORMS[2]!, FORMS[3]!, FORMS[4]!];
    for (const [, form] of forms) {
      const message = await callTool(gateway, era, { ...BESIDE, ...form(jwt) });
      expect(message).toMatchObject({ result: { content: [{ text: 'crm: hi' }] } });
    }
    expectNoCanary(wire, jwt);
    expect(wire.sent()).toMatch(proof);
    // The one place that a token is sent to: its issuer's token endpoint, to be exchanged.
    const sent = tokens.asked.map(({ form }) => form.subject_token).filter((token) => token !== undefined);
    expect(sent).toEqual(kind === 'an exchanged token' ? [jwt] : []);
    expect(JSON.stringify(gateway.logs)).not.toContain(jwt);
  });
});

it('a caller without a token of the issuer is told so, and the server is sent nothing', async () => {
  const issuer = await TestIssuer.start();
  const tokens = await TokenServer.start();
  const crm = await startForeignServer();
  const endpoint = { by: 'url' as const, url: `http://${crm.address}/mcp` };
  const gateway = await startTestGateway({
    document: documentOf({
      auth: { mode: 'credentials', issuers: [issuer.entry()], apiKeys: { directory: KEYS_MOUNT } },
      mcpServers: [mcpServer('crm', { endpoint, credentials: exchange(tokens, { issuer: issuer.url }) })],
    }),
    keys: { canary: KEY.file },
    files: { 'upstream/secret': 'upstream-secret' },
  });
  const message = await callTool(gateway, 'modern', { 'x-api-key': KEY.key });
  expect(JSON.stringify(message)).toMatch(/cannot be shown who calls: it takes users by their access tokens of/);
  expect([crm.requests, tokens.asked]).toEqual([[], []]);
});
