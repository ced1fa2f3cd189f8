import { connect as connectTcp } from 'node:net';
import { inputRequired, inputResponse } from '@modelcontextprotocol/server';
import type { McpServerInput } from 'agentyard/contract';
import { SECRET_FILE, exchange, forItself, mcpServer, TokenServer } from '../credentials-fixture';
import { cleanUp, eventually } from '../fixture';
import { connectTo, serverOf, startForeign } from '../mcp-server-fixture';
import { at, AUDIENCE, TestIssuer } from '../test-issuer';
import { messageOf, post, startForeignServer } from '../toolset-fixture';
import { tap, type WireTap } from '../wire-tap';
import { ALICE, BOB, by, SCOPES, startPlatform, startTrap, type Platform, type Trap } from './platform';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const METADATA = `${AUDIENCE}${WELL_KNOWN}`;
const SCOPE = SCOPES.join(' ');

let platform: Platform;
let tokens: TokenServer;
let other: TestIssuer;
let crm: WireTap;
let trap: Trap;

beforeAll(async () => {
  [tokens, other, trap] = [await TokenServer.start(), await TestIssuer.start(), await startTrap()];
  crm = await tap((await startForeignServer()).address);
  const endpoint = { by: 'url' as const, url: `http://${crm.address}/mcp` };
  const files = ['own', 'exchanged'] as const;
  const asks = await startForeign('asks', 'legacy', (server) => {
    server.registerTool('ask', {}, ({ mcpReq: { inputResponses } }) => {
      const given = inputResponse(inputResponses, 'form');
      if (given.kind === 'elicit') return { content: [{ type: 'text', text: given.action }] };
      const form = inputRequired.elicit({ message: 'Really?', requestedSchema: { type: 'object', properties: {} } });
      return inputRequired({ inputRequests: { form } });
    });
  });
  const shown: McpServerInput['credentials'][] = [forItself(tokens), exchange(tokens, { issuer: 'ISSUER' })];
  platform = await startPlatform({
    document: (issuer) => ({
      mcpServers: [
        ...files.map((name, i) =>
          mcpServer(name, {
            endpoint,
            credentials: JSON.parse(
              JSON.stringify(shown[i]).replace('ISSUER', issuer.url),
            ) as McpServerInput['credentials'],
          }),
        ),
        serverOf('asks', asks.url),
      ],
    }),
    issuers: [other.entry()],
    files: { [SECRET_FILE.replace('/etc/agentyard/', '')]: 'upstream-secret' },
  });
});

afterAll(cleanUp);

const echo = (headers: Readonly<Record<string, string>>, path = '/mcp/logs') =>
  post(platform.gateway, 'modern', 'tools/call', { name: 'echo', arguments: { text: 'hi' } }, headers, path);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const challengeOf = (answer: Response) => answer.headers.get('www-authenticate');

describe('security checklist, authorization', () => {
  it('10. a challenge names the metadata of the gateway, which name who gives tokens for it', async () => {
    const { gateway, issuer } = platform;
    const answer = await echo({});
    expect([answer.status, challengeOf(answer)]).toEqual([
      401,
      `Bearer realm="agentyard", resource_metadata="${METADATA}", scope="${SCOPE}"`,
    ]);
    for (const path of [WELL_KNOWN, `${WELL_KNOWN}/mcp`, `${WELL_KNOWN}/mcp/logs`]) {
      expect(await (await fetch(gateway.url + path)).json()).toEqual({
        resource: AUDIENCE,
        authorization_servers: [issuer.url, other.url],
        scopes_supported: SCOPES,
        bearer_methods_supported: ['header'],
      });
    }
  });

  it.each<[string, () => Promise<string>]>([
    ['an expired token', () => platform.token({ exp: at(-60) })],
    ['a token without an end', () => platform.token({ exp: undefined })],
    ['a token that is not valid yet', () => platform.token({ nbf: at(60) })],
    ['a token of nobody', () => platform.token({ sub: undefined })],
    ['a token of an unknown issuer', () => platform.token({ iss: 'https://evil.example' })],
    ['a token that another issuer has signed', async () => other.sign({ iss: platform.issuer.url, scope: SCOPE })],
    ['a token with another payload', async () => swapped(await platform.token(), { sub: 'root' })],
    ['a token without a signature', async () => `${(await platform.token()).split('.').slice(0, 2).join('.')}.`],
    ['something else', () => Promise.resolve('nonsense')],
  ])('11. %s is 401, in the same words, with the scopes to ask for', async (_case, token) => {
    const answer = await echo(bearer(await token()));
    expect([answer.status, challengeOf(answer)]).toEqual([
      401,
      `Bearer realm="agentyard", error="invalid_token", resource_metadata="${METADATA}", scope="${SCOPE}"`,
    ]);
    expect(await answer.json()).toMatchObject({
      code: 'auth-invalid',
      detail: expect.stringMatching(/^The token or key/),
    });
  });

  it.each<[string, unknown]>([
    ['another one', 'https://other.example.com'],
    ['none', undefined],
    ['one that begins like it', `${AUDIENCE}.evil.example`],
    ['several others', ['account', 'https://other.example.com']],
    ['what is no text', [{ aud: AUDIENCE }]],
  ])('12. a token with an audience that is %s is 401', async (_case, aud) => {
    expect((await echo(bearer(await platform.token({ aud })))).status).toBe(401);
    expect((await echo(bearer(await platform.token({ aud: ['account', AUDIENCE] })))).status).toBe(200);
  });

  it.each(['modern', 'legacy'] as const)(
    '13. what the client shows goes to no agent, toolset or server, with whatever these are shown (%s)',
    async (era) => {
      const { gateway, wires, token } = platform;
      const jwt = await token({ jti: era });
      const headers = {
        ...bearer(jwt),
        'x-api-key': ALICE.key,
        cookie: 'session=canary',
        'x-forwarded-access-token': jwt,
      };
      for (const name of ['logs', 'own', 'exchanged']) {
        const call = { name: 'echo', arguments: { text: 'hi' } };
        const message = await messageOf(await post(gateway, era, 'tools/call', call, headers, `/mcp/${name}`));
        expect(message).toMatchObject({ result: { content: [{ text: expect.stringContaining('hi') }] } });
      }
      const invoked = await fetch(`${gateway.url}/v1/invoke`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ agent: 'support', input: 'hi' }),
      });
      expect(invoked.status).toBe(200);
      const sent = [wires.agent, wires.tools, crm].map((wire) => wire.sent());
      for (const text of sent) {
        expect(text).toMatch(/^POST \//m);
        // Nor a part of it that could be put together again.
        for (const secret of [...jwt.split('.').slice(1), ALICE.key.slice(-43), 'canary'])
          expect(text).not.toContain(secret);
      }
      expect(gateway.text()).not.toContain(jwt.split('.')[2]);
      // The one place that a token is sent to: its own issuer's token endpoint, to be exchanged.
      const subjects = tokens.asked.map(({ form }) => form.subject_token).filter((text) => text !== undefined);
      expect(subjects.at(-1)).toBe(jwt);
    },
  );

  it.each<[string, string, string]>([
    ['none', '', 'mcp.read mcp.use'],
    ['one of two', 'mcp.use', 'mcp.read'],
    ['one that begins like it', 'mcp.read.all mcp.use', 'mcp.read'],
  ])('14. a token with %s of the scopes is 403 with all that are needed', async (_case, scope, missing) => {
    const answer = await echo(bearer(await platform.token({ scope })));
    expect([answer.status, challengeOf(answer)]).toEqual([
      403,
      `Bearer realm="agentyard", error="insufficient_scope", scope="${SCOPE}", resource_metadata="${METADATA}"`,
    ]);
    expect(await answer.json()).toMatchObject({ code: 'scope-missing', detail: `It lacks: ${missing}.` });
  });

  it('14. a broader scope is enough where the document says what it stands for', async () => {
    expect((await echo(bearer(await platform.token({ scope: 'mcp.admin' })))).status).toBe(200);
    expect((await echo(bearer(await platform.token({ scope: 'admin' })))).status).toBe(403);
  });

  it('15. every request is authorized: a session lets nobody in', async () => {
    const { gateway } = platform;
    const { transport } = await connectTo(gateway.url, { era: 'legacy', headers: by(ALICE) });
    const session = { 'mcp-session-id': transport.sessionId ?? '' };
    const statuses = async (headers: Readonly<Record<string, string>>) =>
      Promise.all([
        post(gateway, 'legacy', 'ping', {}, headers).then(({ status }) => status),
        fetch(`${gateway.url}/mcp`, { headers: { accept: 'text/event-stream', ...headers } }).then(
          ({ status }) => status,
        ),
        fetch(`${gateway.url}/mcp`, { method: 'DELETE', headers }).then(({ status }) => status),
      ]);
    expect(await statuses(session)).toEqual([401, 401, 401]);
    expect(await statuses({ ...session, ...bearer('nonsense') })).toEqual([401, 401, 401]);
    // A handle is bound to its user.
    expect(await statuses({ ...session, ...by(BOB) })).toEqual([404, 404, 404]);
    expect((await post(gateway, 'legacy', 'ping', {}, { ...session, ...by(ALICE) })).status).toBe(200);
  });

  it('15. what a call waits for is answered by its own user alone', async () => {
    const { gateway } = platform;
    const capable = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } };
    const ask = async (who: typeof ALICE, more: object = {}) => {
      const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', ...capable };
      const body = {
        jsonrpc: '2.0',
        id: 7,
        method: 'tools/call',
        params: { name: 'ask', arguments: {}, _meta, ...more },
      };
      const headers = {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'ask',
        ...by(who),
      };
      const types = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
      const init = { method: 'POST', headers: { ...types, ...headers }, body: JSON.stringify(body) };
      return messageOf(await fetch(`${gateway.url}/mcp/asks`, init));
    };
    const { result } = (await ask(ALICE)) as {
      result: { resultType: string; requestState: string; inputRequests: object };
    };
    expect(result.resultType).toBe('input_required');
    const [key = ''] = Object.keys(result.inputRequests);
    const answered = { requestState: result.requestState, inputResponses: { [key]: { action: 'decline' } } };
    expect(await ask(BOB, answered)).toMatchObject({ error: { code: -32602 } });
    expect(await ask(ALICE, answered)).toMatchObject({ result: { content: [{ text: 'decline' }] } });
  });

  it.each(['access_token', 'Access%5FToken', 'token', 'api_key', 'authorization'])(
    '15. a credential in the query is refused, and does not let in: %s',
    async (name) => {
      const { gateway, token } = platform;
      for (const value of [await token(), ALICE.key]) {
        for (const headers of [{}, by(ALICE)]) {
          const answer = await echo(headers, `/mcp?${name}=${value}`);
          expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'token-in-url' }]);
        }
        expect(gateway.text()).not.toContain(value.slice(-40));
      }
    },
  );

  it('18. credentials are for the authorization server that they belong to: no token of another one is shown to it', async () => {
    const before = tokens.asked.length;
    const message = await messageOf(await echo(bearer(await other.sign()), '/mcp/exchanged'));
    expect(JSON.stringify(message)).toMatch(/cannot be shown who calls: it takes users by their access tokens of/);
    expect(tokens.asked).toHaveLength(before);
  });

  it('19. nothing that a caller sends has the gateway ask anybody', async () => {
    const { token, issuer } = platform;
    const known = [issuer.asked.length, other.asked.length];
    const urls = { jku: `${trap.url}/jwks`, x5u: `${trap.url}/cert` };
    const claims = { azp: `${trap.url}/client.json`, client_id: `${trap.url}/client.json` };
    const credentials = [
      bearer(await issuer.sign({ scope: SCOPE, ...claims }, urls)),
      bearer(await token({ iss: trap.url })),
      { ...by(ALICE), 'x-forwarded-host': new URL(trap.url).host, forwarded: `host=${new URL(trap.url).host}` },
    ];
    for (const headers of credentials) {
      await echo(headers);
      await echo({ ...headers, 'x-original-url': `${trap.url}/` }, `/mcp?resource=${trap.url}&issuer=${trap.url}`);
    }
    expect(trap.visits).toEqual([]);
    expect([issuer.asked.length, other.asked.length]).toEqual(known);
  });
});

/** A token whose payload was changed after it was signed. */
function swapped(token: string, claims: object): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const changed = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), ...claims };
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

it('the gateway runs', async () => {
  const { gateway } = platform;
  expect(gateway.isRunning()).toBe(true);
  const socket = connectTcp(Number(new URL(gateway.url).port), '127.0.0.1');
  await eventually(() => !socket.connecting);
  socket.destroy();
  expect(gateway.lines().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});
