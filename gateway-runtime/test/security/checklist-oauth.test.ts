import type { IncomingMessage, ServerResponse } from 'node:http';
import { exchange, forItself, mcpServer, SECRET_FILE, TokenServer } from '../credentials-fixture';
import { cleanUp, eventually } from '../fixture';
import { IntrospectingIssuer } from '../introspecting-issuer';
import { SECRET_PATH } from '../oidc-issuer';
import { TestIssuer } from '../test-issuer';
import { messageOf, post, startForeignServer } from '../toolset-fixture';
import { ALICE, by, startPlatform, startTrap, type Platform, type Trap } from './platform';

/** Issuers whose metadata lead elsewhere: what they name in place of their own keys. */
const LEADING: readonly (readonly [string, (trap: Trap, issuer: TestIssuer) => Readonly<Record<string, unknown>>])[] = [
  ['keys of another origin', ({ url }) => ({ jwks_uri: `${url}/jwks` })],
  ['keys of another name of the same machine', ({ url }) => ({ jwks_uri: url.replace('127.0.0.1', 'localhost') })],
  ['keys of a link-local address', () => ({ jwks_uri: 'http://169.254.169.254/latest/meta-data' })],
  ['keys of a private address', () => ({ jwks_uri: 'http://10.0.0.1/jwks' })],
  ['keys of a mapped address', () => ({ jwks_uri: 'http://[::ffff:127.0.0.1]/jwks' })],
  ['keys in a file', () => ({ jwks_uri: 'file:///etc/passwd' })],
  ['keys behind a user name', (_trap, { url }) => ({ jwks_uri: url.replace('://', '://user:pass@') })],
  ['another issuer', ({ url }) => ({ issuer: url })],
];

let platform: Platform;
let trap: Trap;
let tokens: TokenServer;
let opaque: IntrospectingIssuer;
const leading: TestIssuer[] = [];

const redirect = (_request: IncomingMessage, response: ServerResponse): void =>
  void response.writeHead(307, { location: `${trap.url}/redirected` }).end();

beforeAll(async () => {
  [trap, tokens, opaque] = [await startTrap(), await TokenServer.start(), await IntrospectingIssuer.start()];
  for (const [, metadata] of LEADING) {
    const issuer = await TestIssuer.start();
    issuer.serveMetadata(metadata(trap, issuer));
    leading.push(issuer);
  }
  for (const path of ['/.well-known/openid-configuration', '/jwks']) {
    const issuer = await TestIssuer.start();
    issuer.answers.set(path, redirect);
    leading.push(issuer);
  }
  const crm = await startForeignServer();
  const endpoint = { by: 'url' as const, url: `http://${crm.address}/mcp` };
  const resource = 'https://crm.example.com/mcp';
  platform = await startPlatform({
    document: ({ url }) => ({
      mcpServers: [
        mcpServer('own', { endpoint, credentials: forItself(tokens, { resource }) }),
        mcpServer('exchanged', { endpoint, credentials: exchange(tokens, { issuer: url }) }),
      ],
    }),
    issuers: [opaque.entry(), ...leading.map((issuer) => issuer.entry())],
    files: { [SECRET_PATH]: 'secret', [SECRET_FILE.replace('/etc/agentyard/', '')]: 'upstream-secret' },
  });
});

afterAll(cleanUp);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const echo = (headers: Readonly<Record<string, string>>, name: string) =>
  post(platform.gateway, 'modern', 'tools/call', { name: 'echo', arguments: { text: 'hi' } }, headers, `/mcp/${name}`);

/** Where authorization servers, their proxies and OAuth clients have what browsers and clients ask for. */
const OAUTH_PATHS = [
  '/authorize',
  '/oauth/authorize',
  '/oauth2/authorize',
  '/token',
  '/oauth/token',
  '/oauth2/token',
  '/register',
  '/revoke',
  '/introspect',
  '/consent',
  '/login',
  '/logout',
  '/callback',
  '/oauth/callback',
  '/client.json',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-authorization-server/mcp',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-client',
];

const QUERY =
  'response_type=code&client_id=https://client.example/id.json&redirect_uri=https://client.example/cb&state=x';

describe('security checklist, OAuth', () => {
  it.each(OAUTH_PATHS)('16. the gateway stands in for no authorization server: %s is not there', async (path) => {
    for (const method of ['GET', 'POST']) {
      for (const headers of [{}, by(ALICE)]) {
        const answer = await fetch(`${platform.gateway.url}${path}?${QUERY}`, { method, headers, redirect: 'manual' });
        expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'path-unknown' }]);
        expect(answer.headers.get('location')).toBeNull();
      }
    }
  });

  it('16. it has no page that a user could consent on, or be framed with', async () => {
    for (const path of ['/', '/mcp', '/v1/invoke', '/mcp/logs', '/consent']) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const headers = { accept: 'text/html', ...by(ALICE) };
        const answer = await fetch(platform.gateway.url + path, { method, headers });
        expect(answer.headers.get('content-type') ?? '').not.toContain('html');
      }
    }
  });

  it('17. no answer sets a cookie, and none is read', async () => {
    const { gateway, token } = platform;
    const good = await token();
    const session = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const answers = [
      await echo(bearer(good), 'logs'),
      await echo({}, 'logs'),
      await post(gateway, 'legacy', 'initialize', session, by(ALICE)),
      await fetch(`${gateway.url}/.well-known/oauth-protected-resource`),
      await fetch(`${gateway.url}/healthz`),
      await fetch(`${gateway.url}/nothing`),
      await fetch(`${gateway.url}/v1/invoke`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...by(ALICE) },
        body: '{"agent":"support","input":"hi"}',
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 200, 200, 404, 200]);
    for (const answer of answers) expect(answer.headers.getSetCookie()).toEqual([]);
    for (const cookie of [`token=${good}`, `authorization=Bearer ${good}`, `__Host-session=${ALICE.key}`]) {
      expect((await echo({ cookie }, 'logs')).status).toBe(401);
    }
  });

  it('18. it is no client of users: it asks for tokens by two grants, and says what for', async () => {
    const { token } = platform;
    tokens.answer = undefined;
    for (const name of ['own', 'exchanged']) {
      expect(await messageOf(await echo(bearer(await token()), name))).toMatchObject({ result: { content: [{}] } });
    }
    expect(tokens.asked.map(({ form }) => [form.grant_type, form.resource ?? form.audience])).toEqual([
      ['client_credentials', 'https://crm.example.com/mcp'],
      ['urn:ietf:params:oauth:grant-type:token-exchange', 'https://crm.example.com/mcp'],
    ]);
    for (const { form } of tokens.asked) {
      for (const name of ['code', 'redirect_uri', 'refresh_token', 'username']) expect(form).not.toHaveProperty(name);
    }
  });

  it.each(LEADING.map(([name], i) => [name, i] as const))(
    '19. metadata of an issuer lead to the issuer alone: %s',
    async (_name, i) => {
      const issuer = leading[i] as TestIssuer;
      const answer = await echo(bearer(await issuer.sign()), 'logs');
      expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'issuer-unavailable' }]);
      expect(issuer.asked).not.toContain('/jwks');
      expect(trap.visits).toEqual([]);
      const { gateway } = platform;
      const line = await eventually(() => gateway.lines().find((each) => each.issuer === issuer.url));
      expect(line).toMatchObject({
        event: 'issuer-unavailable',
        fault: expect.stringMatching(/^(the jwks_uri of )?its metadata/),
      });
    },
  );

  it('19. redirects are not followed: of metadata and keys', async () => {
    for (const issuer of leading.slice(LEADING.length)) {
      expect((await echo(bearer(await issuer.sign()), 'logs')).status).toBe(503);
    }
    expect(trap.visits).toEqual([]);
  });

  it('19. redirects are not followed: of introspection and token endpoints, which are sent secrets', async () => {
    opaque.answer = (response) => redirect({} as IncomingMessage, response);
    expect((await echo(bearer('an-opaque-token'), 'logs')).status).toBe(503);
    tokens.answer = (response) => redirect({} as IncomingMessage, response);
    const jwt = await platform.token({ jti: 'another' });
    expect(JSON.stringify(await messageOf(await echo(bearer(jwt), 'exchanged')))).toContain('no usable answer');
    expect(trap.visits).toEqual([]);
  });

  it('20. it fetches no client id metadata, whatever a token or a request calls its client', async () => {
    const { token, gateway } = platform;
    const id = `${trap.url}/client.json`;
    for (const claims of [{ client_id: id }, { azp: id }, { client_id: id, azp: id, jti: id }]) {
      expect((await echo(bearer(await token(claims)), 'logs')).status).toBe(200);
    }
    const answer = await fetch(`${gateway.url}/mcp?client_id=${encodeURIComponent(id)}`, { method: 'POST' });
    expect(answer.status).toBe(401);
    expect(trap.visits).toEqual([]);
  });
});

it('the gateway runs', () => expect(platform.gateway.isRunning()).toBe(true));
