import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GatewayDocumentInput, TokenIssuerInput } from 'agentyard/contract';
import type { IntrospectionLimits } from '../src/auth/introspection-endpoint';
import {
  agent,
  API_KEYS,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  logLine,
  startAgent,
  startTestGateway,
  type TestGateway,
} from './fixture';
import { IntrospectingIssuer } from './introspecting-issuer';
import { GATEWAY_CLIENT, OidcIssuer, OPAQUE_AUDIENCE, OTHER_CLIENT, SECRET_PATH } from './oidc-issuer';
import { at, TestIssuer } from './test-issuer';

afterEach(cleanUp);

interface Setting {
  readonly secret?: string | undefined;
  readonly limits?: Partial<IntrospectionLimits>;
}

/** A gateway that takes tokens of these issuers, before one agent that everybody may invoke. */
async function gatewayOf(issuers: TokenIssuerInput[], { secret = 'the-secret', limits = {} }: Setting = {}) {
  const server = await startAgent('support');
  const auth: GatewayDocumentInput['auth'] = { mode: 'credentials', issuers };
  const document = documentOf({ auth, agents: [agent('support')], routes: [byAgent('support')] });
  const gateway = await startTestGateway({
    document,
    hosts: { 'support-pods:8080': [server.address] },
    files: { [SECRET_PATH]: secret },
    sources: { introspectionLimits: limits },
  });
  const ask = (token: string) =>
    gateway.invoke({ agent: 'support', input: 'hi' }, { authorization: `Bearer ${token}` });
  return { gateway, server, document, ask };
}

const decisions = ({ logs }: TestGateway) => logs.filter(({ event }) => event === 'decision');

async function expectRefused(gateway: TestGateway, answer: Response, reason: string): Promise<void> {
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ code: 'auth-invalid' });
  expect(decisions(gateway).at(-1)).toMatchObject({ decision: 'denied', reason });
}

describe('opaque tokens of a real authorization server', () => {
  const started = async (setting: Setting & { readonly clientId?: string } = {}) => {
    const issuer = await OidcIssuer.start();
    const { clientId = GATEWAY_CLIENT.id, secret = GATEWAY_CLIENT.secret, limits } = setting;
    const made = await gatewayOf([issuer.opaqueEntry({ clientId })], { secret, limits });
    return { issuer, ...made };
  };

  it('are let in, with user and roles by the claims of its entry, and asked about once in a while', async () => {
    const { issuer, ask, gateway, server } = await started();
    const token = await issuer.token(OPAQUE_AUDIENCE);
    for (let i = 0; i < 3; i += 1) expect((await ask(token)).status).toBe(200);
    expect(server.requests[0]?.user).toMatchObject({ sub: 'service', idp: issuer.url, roles: ['analyst'] });
    expect(decisions(gateway)[0]).toMatchObject({ user: 'service', auth: 'access-token', issuer: issuer.url });
    expect(issuer.introspections).toBe(1);
  });

  it('stop within the time for which answers count when they are revoked', async () => {
    const { issuer, ask, gateway } = await started({ limits: { activeMs: 400 } });
    const [token, other] = [await issuer.token(OPAQUE_AUDIENCE), await issuer.token(OPAQUE_AUDIENCE)];
    expect((await ask(token)).status).toBe(200);
    await issuer.revoke(token);
    await eventually(async () => (await ask(token)).status === 401);
    expect(decisions(gateway).at(-1)).toMatchObject({ reason: 'inactive', issuer: issuer.url });
    expect((await ask(other)).status).toBe(200);
  });

  it('end when they expire, although they were active a moment ago', async () => {
    const { issuer, ask } = await started();
    issuer.lifetime = 2;
    const token = await issuer.token(OPAQUE_AUDIENCE);
    expect((await ask(token)).status).toBe(200);
    await eventually(async () => (await ask(token)).status === 401);
  });

  it('are refused for another audience, and if nobody knows them', async () => {
    const issuer = await OidcIssuer.start();
    const entry = { ...issuer.opaqueEntry(), audiences: ['https://elsewhere.example.com'] };
    const { ask, gateway } = await gatewayOf([entry], { secret: GATEWAY_CLIENT.secret });
    await expectRefused(gateway, await ask(await issuer.token(OPAQUE_AUDIENCE)), 'audience');
    await expectRefused(gateway, await ask('0123456789abcdef'), 'inactive');
    // Such an issuer answers with an error to what looks like a JWT.
    await expectRefused(gateway, await ask('e30.e30'), 'inactive');
  });

  it('are refused to a client that may not ask about those of another one', async () => {
    const { issuer, ask, gateway } = await started({ clientId: OTHER_CLIENT.id, secret: OTHER_CLIENT.secret });
    await expectRefused(gateway, await ask(await issuer.token(OPAQUE_AUDIENCE)), 'inactive');
  });

  it('cannot be asked about with a wrong secret: the gateway says that it is its own fault, until the file is right', async () => {
    const { issuer, ask, gateway } = await started({ secret: 'another-secret' });
    const token = await issuer.token(OPAQUE_AUDIENCE);
    expect((await ask(token)).status).toBe(503);
    expect(await logLine(gateway, 'introspection-client-refused')).toMatchObject({
      level: 'error',
      issuer: issuer.url,
      clientId: GATEWAY_CLIENT.id,
      fault: 'it refuses the client of this gateway with 401: its id, secret or rights are wrong',
    });
    await writeFile(path.join(gateway.directory, SECRET_PATH), `${GATEWAY_CLIENT.secret}\n`);
    await eventually(async () => (await ask(token)).status === 200);
    expect(await logLine(gateway, 'introspection-available')).toMatchObject({ level: 'info' });
  });

  it('reach, with the client secret, neither the agent nor the log', async () => {
    const { issuer, ask, gateway, server } = await started();
    const tokens = [await issuer.token(OPAQUE_AUDIENCE), 'canary-of-a-token'];
    for (const token of tokens) await (await ask(token)).text();
    await eventually(() => gateway.logs.filter(({ event }) => event === 'request').length === tokens.length);
    expect(server.requests).toHaveLength(1);
    const text = JSON.stringify([server.requests, gateway.logs]);
    const { secret } = GATEWAY_CLIENT;
    for (const canary of [...tokens, secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(text).not.toContain(canary);
    }
  });
});

describe('an answer', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['without issuer and token type', { iss: undefined, token_type: undefined }],
    ['with a token type in other letters', { token_type: 'bEARER' }],
    ['with several audiences', { aud: ['account', 'https://gateway.example.com'] }],
    ['from a clock that is some seconds ahead', { iat: at(4), nbf: at(4) }],
    ['of Keycloak', { typ: 'Bearer', username: 'ada', client_id: 'web', nonce: 'abc' }],
  ])('%s lets in', async (_case, says) => {
    const issuer = await IntrospectingIssuer.start();
    issuer.says = says;
    const { ask, server } = await gatewayOf([issuer.entry()]);
    expect((await ask('opaque')).status).toBe(200);
    expect(server.requests[0]?.user).toMatchObject({ sub: 'ada', roles: ['analyst'] });
    expect(issuer.asked).toEqual([
      { token: 'opaque', hint: 'access_token', authorization: `Basic ${btoa('gateway:the-secret')}` },
    ]);
  });

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['that it is not active', 'inactive', { active: false }],
    ['another issuer', 'issuer-unknown', { iss: 'https://evil.example.com' }],
    ['an issuer that is no text', 'issuer-unknown', { iss: ['x'] }],
    ['another audience', 'audience', { aud: 'https://other.example.com' }],
    ['no audience', 'audience', { aud: undefined }],
    ['an audience that is no text', 'audience', { aud: { 'https://gateway.example.com': true } }],
    ['no end', 'expiry-missing', { exp: undefined }],
    ['an end that is no number', 'malformed', { exp: 'never' }],
    ['an end that is null', 'malformed', { exp: null }],
    ['an end that is over', 'expired', { exp: at(-10) }],
    ['a beginning to come', 'not-yet-valid', { nbf: at(60) }],
    ['a beginning that is no number', 'malformed', { nbf: '0' }],
    ['that it is of the future', 'not-yet-valid', { iat: at(60) }],
    ['no user', 'subject-missing', { sub: undefined }],
    ['a user that is no text', 'subject-missing', { sub: 7 }],
    ['that it needs a proof', 'type-refused', { token_type: 'DPoP' }],
    ['a type that is no text', 'type-refused', { token_type: null }],
    ['that it is a refresh token', 'type-refused', { typ: 'Refresh' }],
    ['that it is an ID token', 'type-refused', { at_hash: 'abc' }],
  ])('which says %s lets nobody in', async (_case, reason, says) => {
    const issuer = await IntrospectingIssuer.start();
    issuer.says = says;
    const { ask, gateway, server } = await gatewayOf([issuer.entry()]);
    await expectRefused(gateway, await ask('opaque'), reason);
    expect(server.requests).toHaveLength(0);
  });

  it('counts for all who ask at the same time', async () => {
    const issuer = await IntrospectingIssuer.start();
    const release: (() => void)[] = [];
    issuer.answer = (response) => release.push(() => void response.end(JSON.stringify(issuer.claims)));
    const { ask } = await gatewayOf([issuer.entry()]);
    const answers = Array.from({ length: 5 }, () => ask('opaque'));
    await eventually(() => release.length === 1);
    await Promise.race([Promise.all(answers), new Promise((resolve) => setTimeout(resolve, 100))]);
    release[0]?.();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(issuer.asked).toHaveLength(1);
  });

  it('against a token counts for a moment and no longer', async () => {
    const issuer = await IntrospectingIssuer.start();
    issuer.says = { active: false };
    const { ask } = await gatewayOf([issuer.entry()], { limits: { refusedMs: 500 } });
    for (let i = 0; i < 3; i += 1) expect((await ask('opaque')).status).toBe(401);
    expect(issuer.asked).toHaveLength(1);
    issuer.says = {};
    await eventually(async () => (await ask('opaque')).status === 200);
  });

  it('is forgotten when there are too many others, the oldest first', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask } = await gatewayOf([issuer.entry()], { limits: { tokens: 2 } });
    for (const token of ['one', 'two', 'three', 'three', 'two', 'one']) expect((await ask(token)).status).toBe(200);
    expect(issuer.asked.map(({ token }) => token)).toEqual(['one', 'two', 'three', 'one']);
  });

  it('is forgotten with the document', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask, gateway, document } = await gatewayOf([issuer.entry()]);
    expect((await ask('opaque')).status).toBe(200);
    issuer.says = { active: false };
    await gateway.writeDocument({ ...document, maxBodyBytes: 1_000_000 });
    await logLine(gateway, 'reloaded');
    await expectRefused(gateway, await ask('opaque'), 'inactive');
    await gateway.writeDocument({ ...document, auth: API_KEYS });
    await eventually(async () => {
      await ask('opaque');
      return decisions(gateway).at(-1)?.reason === 'malformed';
    });
    expect(issuer.asked).toHaveLength(2);
  });
});

describe('opaque tokens are shown to nobody', () => {
  it('but the one issuer that takes them', async () => {
    const [plain, jwts, taking] = await Promise.all([
      TestIssuer.start(),
      IntrospectingIssuer.start(),
      IntrospectingIssuer.start(),
    ]);
    const { ask } = await gatewayOf([plain.entry(), jwts.entry('jwt'), taking.entry('all')]);
    expect((await ask('opaque')).status).toBe(200);
    expect(jwts.asked).toEqual([]);
    expect(plain.asked).not.toContain('/introspect');
    expect(taking.asked).toHaveLength(1);
  });

  it.each(['with"quotes"', 'ümlaut', '=====', 'a=b', `a${'b'.repeat(8_192)}`])(
    'if they are no bearer tokens: %.20s',
    async (token) => {
      const issuer = await IntrospectingIssuer.start();
      const { ask } = await gatewayOf([issuer.entry()]);
      expect((await ask(token)).status).toBe(401);
      expect(issuer.asked).toEqual([]);
    },
  );

  it('if no issuer takes them', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask, gateway } = await gatewayOf([issuer.entry('jwt')]);
    await expectRefused(gateway, await ask('opaque'), 'malformed');
    expect(issuer.asked).toEqual([]);
  });
});

describe('JWTs', () => {
  it('are asked about after they were checked, and never before', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask, gateway } = await gatewayOf([issuer.entry('all')]);
    const token = await issuer.issuer.sign();
    for (let i = 0; i < 2; i += 1) expect((await ask(token)).status).toBe(200);
    expect(issuer.asked.map((asked) => asked.token)).toEqual([token]);
    await expectRefused(gateway, await ask(await issuer.issuer.sign({ aud: 'other' })), 'audience');
    await expectRefused(gateway, await ask(`${token.slice(0, -4)}AAAA`), 'bad-signature');
    expect(issuer.asked).toHaveLength(1);
  });

  it('that are revoked stop within the time for which answers count', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask, gateway } = await gatewayOf([issuer.entry('jwt')], { limits: { activeMs: 300 } });
    const token = await issuer.issuer.sign();
    expect((await ask(token)).status).toBe(200);
    issuer.says = { active: false };
    await eventually(async () => (await ask(token)).status === 401);
    expect(decisions(gateway).at(-1)).toMatchObject({ reason: 'inactive', issuer: issuer.url });
  });

  it('have no role that the issuer does not know of any more, and none that they do not bring', async () => {
    const issuer = await IntrospectingIssuer.start();
    issuer.says = { realm_access: { roles: ['viewer', 'analyst'] } };
    const { ask, server } = await gatewayOf([issuer.entry('jwt')], { limits: { activeMs: 0 } });
    expect((await ask(await issuer.issuer.sign({ realm_access: { roles: ['viewer'] } }))).status).toBe(200);
    issuer.says = { realm_access: { roles: [] } };
    expect((await ask(await issuer.issuer.sign())).status).toBe(200);
    expect(server.requests.map(({ user }) => user?.roles)).toEqual([['viewer'], []]);
  });

  it('of somebody else than the issuer says are refused', async () => {
    const issuer = await IntrospectingIssuer.start();
    issuer.says = { sub: 'bob' };
    const { ask, gateway } = await gatewayOf([issuer.entry('jwt')]);
    await expectRefused(gateway, await ask(await issuer.issuer.sign()), 'subject-differs');
  });

  it('of an issuer that takes opaque tokens alone are not asked about', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask } = await gatewayOf([issuer.entry('opaque')]);
    expect((await ask(await issuer.issuer.sign())).status).toBe(200);
    expect(issuer.asked).toEqual([]);
  });
});
