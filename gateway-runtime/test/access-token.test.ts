import { createHmac } from 'node:crypto';
import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  KEYS_MOUNT,
  startAgent,
  startTestGateway,
  type TestGateway,
} from './fixture';
import { OidcIssuer, OPAQUE_AUDIENCE } from './oidc-issuer';
import { at, AUDIENCE, IssuerKey, TestIssuer } from './test-issuer';

afterEach(cleanUp);

type Auth = GatewayDocumentInput['auth'];

/** A gateway with these credentials, before one agent that everybody may invoke. */
async function gatewayWith(auth: Auth, keys: Readonly<Record<string, string>> = {}) {
  const server = await startAgent('support');
  const document = documentOf({ auth, agents: [agent('support')], routes: [byAgent('support')] });
  const gateway = await startTestGateway({ document, hosts: { 'support-pods:8080': [server.address] }, keys });
  const ask = (token: string) =>
    gateway.invoke({ agent: 'support', input: 'hi' }, { authorization: `Bearer ${token}` });
  return { gateway, server, document, ask };
}

async function gatewayOf(issuer: TestIssuer, more: Parameters<TestIssuer['entry']>[0] = {}) {
  return gatewayWith({ mode: 'credentials', issuers: [issuer.entry(more)] });
}

const decisions = ({ logs }: TestGateway) => logs.filter(({ event }) => event === 'decision');

/** Base64url of JSON. */
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('access tokens', () => {
  it('of a real authorization server are let in, with the roles that its entry knows', async () => {
    const issuer = await OidcIssuer.start();
    const { ask, gateway, server } = await gatewayWith({ mode: 'credentials', issuers: [issuer.entry()] });
    expect((await ask(await issuer.token())).status).toBe(200);
    expect(server.requests[0]?.user).toMatchObject({ sub: 'service', idp: issuer.url, roles: ['analyst'] });
    expect(decisions(gateway)).toMatchObject([
      { decision: 'allowed', user: 'service', auth: 'access-token', issuer: issuer.url },
    ]);
  });

  it('signed with a new key are let in at once, and with the one before no more', async () => {
    const issuer = await OidcIssuer.start();
    const { ask, gateway } = await gatewayWith({ mode: 'credentials', issuers: [issuer.entry()] });
    const before = await issuer.token();
    expect((await ask(before)).status).toBe(200);
    issuer.useKey('oidc-2');
    expect((await ask(await issuer.token())).status).toBe(200);
    expect((await ask(before)).status).toBe(401);
    expect(decisions(gateway).at(-1)).toMatchObject({ decision: 'denied', reason: 'kid-unknown', issuer: issuer.url });
  });

  it('of a real authorization server for another audience, and opaque ones, are refused', async () => {
    const issuer = await OidcIssuer.start();
    const { ask, gateway } = await gatewayWith({ mode: 'credentials', issuers: [issuer.entry()] });
    for (const [audience, reason] of [
      ['https://other.example.com', 'audience'],
      [OPAQUE_AUDIENCE, 'malformed'],
    ] as const) {
      expect((await ask(await issuer.token(audience))).status).toBe(401);
      expect(decisions(gateway).at(-1)).toMatchObject({ decision: 'denied', reason });
    }
  });

  it.each<[string, Parameters<TestIssuer['sign']>]>([
    ['with a typ of RFC 9068', [{}, { typ: 'at+jwt' }]],
    ['with a typ of RFC 7519', [{}, { typ: 'JWT' }]],
    ['that Keycloak calls Bearer', [{ typ: 'Bearer' }]],
    ['with several audiences', [{ aud: ['account', AUDIENCE] }]],
    ['without a key id, when the issuer has one key', [{}, { kid: undefined }]],
    ['from a clock that is some seconds ahead', [{ iat: at(4), nbf: at(4) }]],
  ])('%s are let in', async (_case, args) => {
    const issuer = await TestIssuer.start();
    const { ask } = await gatewayOf(issuer);
    expect((await ask(await issuer.sign(...args))).status).toBe(200);
  });

  describe('are refused in the same words, and with the reason in the audit line,', () => {
    it.each<[string, string, (issuer: TestIssuer) => string | Promise<string>]>([
      ['expired', 'expired', (issuer) => issuer.sign({ exp: at(-10) })],
      ['without an end', 'expiry-missing', (issuer) => issuer.sign({ exp: undefined })],
      ['with an end that is no number', 'malformed', (issuer) => issuer.sign({ exp: 'never' })],
      ['not yet valid', 'not-yet-valid', (issuer) => issuer.sign({ nbf: at(60) })],
      ['issued in the future', 'not-yet-valid', (issuer) => issuer.sign({ iat: at(60) })],
      [
        'signed with another key of the same id',
        'bad-signature',
        (issuer) => issuer.sign({}, {}, new IssuerKey('key-1').privateKey),
      ],
      [
        'with a payload that was changed',
        'bad-signature',
        async (issuer) => {
          const [header, , signature] = (await issuer.sign()).split('.');
          const payload = part({ iss: issuer.url, sub: 'root', aud: AUDIENCE, exp: at(300) });
          return `${header}.${payload}.${signature}`;
        },
      ],
      ['with a cut signature', 'bad-signature', async (issuer) => (await issuer.sign()).slice(0, -4)],
      [
        'not signed, alg none',
        'algorithm-refused',
        (issuer) => `${part({ alg: 'none' })}.${part({ iss: issuer.url, sub: 'ada', aud: AUDIENCE, exp: at(300) })}.`,
      ],
      [
        'without any alg',
        'algorithm-refused',
        (issuer) => `${part({})}.${part({ iss: issuer.url, sub: 'ada', aud: AUDIENCE, exp: at(300) })}.AAAA`,
      ],
      [
        'HS256, with the public key for a secret',
        'algorithm-refused',
        (issuer) => {
          const claims = { iss: issuer.url, sub: 'ada', aud: AUDIENCE, exp: at(300) };
          const text = `${part({ alg: 'HS256', kid: 'key-1' })}.${part(claims)}`;
          const secret = issuer.key.publicKey.export({ type: 'spki', format: 'pem' });
          return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
        },
      ],
      [
        'of an algorithm that the document does not name',
        'algorithm-refused',
        async (issuer) => {
          const [, payload, signature] = (await issuer.sign()).split('.');
          return `${part({ alg: 'ES384', kid: 'key-1' })}.${payload}.${signature}`;
        },
      ],
      ['for another audience', 'audience', (issuer) => issuer.sign({ aud: 'https://gateway.example.com.evil' })],
      ['for a prefix of the audience', 'audience', (issuer) => issuer.sign({ aud: ['https://gateway.example'] })],
      ['for nobody', 'audience', (issuer) => issuer.sign({ aud: undefined })],
      ['with an audience that is no text', 'audience', (issuer) => issuer.sign({ aud: { [AUDIENCE]: true } })],
      ['without a subject', 'subject-missing', (issuer) => issuer.sign({ sub: undefined })],
      ['with an empty subject', 'subject-missing', (issuer) => issuer.sign({ sub: '' })],
      ['with a subject that is no text', 'subject-missing', (issuer) => issuer.sign({ sub: 7 })],
      ['with a subject that is too long', 'subject-missing', (issuer) => issuer.sign({ sub: 'a'.repeat(257) })],
      ['with a key that nobody has', 'kid-unknown', (issuer) => issuer.sign({}, { kid: 'key-2' })],
      ['with a key id that is no text', 'malformed', (issuer) => issuer.sign({}, { kid: 7 })],
      [
        'of an issuer that the document does not name',
        'issuer-unknown',
        (issuer) => issuer.sign({ iss: 'https://evil' }),
      ],
      ['of nobody', 'issuer-unknown', (issuer) => issuer.sign({ iss: undefined })],
      ['of a prototype’s member', 'issuer-unknown', (issuer) => issuer.sign({ iss: '__proto__' })],
      ['of the issuer with a slash', 'issuer-unknown', (issuer) => issuer.sign({ iss: `${issuer.url}/` })],
      [
        'that demand something we do not know',
        'critical-header',
        (issuer) => issuer.sign({}, { crit: ['b64'], b64: true }),
      ],
      ['that are ID tokens of Keycloak', 'type-refused', (issuer) => issuer.sign({ typ: 'ID' })],
      ['that are refresh tokens of Keycloak', 'type-refused', (issuer) => issuer.sign({ typ: 'Refresh' })],
      ['that are offline tokens of Keycloak', 'type-refused', (issuer) => issuer.sign({ typ: 'Offline' })],
      ['that are ID tokens of OpenID Connect', 'type-refused', (issuer) => issuer.sign({ at_hash: 'abc' })],
      ['that answer a login', 'type-refused', (issuer) => issuer.sign({ nonce: 'abc' })],
      ['that are logout tokens', 'type-refused', (issuer) => issuer.sign({}, { typ: 'logout+jwt' })],
      ['that are user claims of ours', 'type-refused', (issuer) => issuer.sign({}, { typ: 'agentyard-user+jwt' })],
      ['over 8 kB', 'too-large', (issuer) => issuer.sign({ pad: 'a'.repeat(8_192) })],
      ['with a header that is no JSON', 'malformed', () => `e30x.${part({})}.AAAA`],
      ['with a payload that is no object', 'malformed', () => `${part({ alg: 'ES256' })}.${part([])}.AAAA`],
      ['of two parts', 'malformed', () => 'e30.e30'],
      ['of four parts', 'malformed', () => 'e30.e30.e30.e30'],
      ['that are no tokens at all', 'malformed', () => '0123456789abcdef'],
    ])('%s', async (_case, reason, make) => {
      const issuer = await TestIssuer.start();
      const { ask, gateway, server } = await gatewayOf(issuer);
      // The keys are there, so that the fault of the token is the only one.
      expect((await ask(await issuer.sign())).status).toBe(200);
      const answer = await ask(await make(issuer));
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="agentyard", error="invalid_token"');
      expect(await answer.json()).toMatchObject({
        code: 'auth-invalid',
        detail: 'The token or key is unknown, expired, revoked, or not for this gateway.',
      });
      const denied = decisions(gateway).slice(1);
      expect(denied).toMatchObject([{ decision: 'denied', reason, type: 'audit', method: 'invoke' }]);
      expect(denied[0]).not.toHaveProperty('user');
      const outcome = await eventually(() =>
        gateway.logs.find(({ event, status }) => event === 'request' && status === 401),
      );
      expect(outcome).toMatchObject({ type: 'audit', decision: 'denied', reason, requestId: denied[0]?.requestId });
      expect(server.requests).toHaveLength(1);
    });
  });

  it('count each refusal under its reason', async () => {
    const issuer = await TestIssuer.start();
    const { ask, gateway } = await gatewayOf(issuer);
    const counted = () => gateway.metrics.eventCounts.find(({ name }) => name === 'agentyard_auth_failures_total');
    expect(counted()?.values.get('expired')).toBe(0);
    for (const offset of [-10, -20]) await ask(await issuer.sign({ exp: at(offset) }));
    await ask('nonsense');
    expect([counted()?.values.get('expired'), counted()?.values.get('malformed')]).toEqual([2, 1]);
  });

  it('expire while the gateway runs, although it has verified them before', async () => {
    const issuer = await TestIssuer.start();
    const { ask } = await gatewayOf(issuer, { clockToleranceMs: 0 });
    const token = await issuer.sign({ exp: at(2) });
    expect((await ask(token)).status).toBe(200);
    await eventually(async () => (await ask(token)).status === 401);
  });

  it('name the user by the claim that the document says', async () => {
    const issuer = await TestIssuer.start();
    const { ask, server } = await gatewayOf(issuer, { userClaim: 'preferred_username' });
    expect((await ask(await issuer.sign({ preferred_username: 'Ada L.' }))).status).toBe(200);
    expect((await ask(await issuer.sign())).status).toBe(401);
    expect(server.requests.map(({ user }) => user?.sub)).toEqual(['Ada L.']);
  });

  it('bring roles from each way that the document names, if they are lists of text and known', async () => {
    const issuer = await TestIssuer.start();
    const { ask, server } = await gatewayOf(issuer, {
      roleClaims: [
        ['realm_access', 'roles'],
        ['resource_access', 'gateway', 'roles'],
        ['groups'],
        ['toString', 'name'],
      ],
      roles: ['analyst', 'viewer', 'auditor'],
    });
    for (const claims of [
      { realm_access: { roles: ['viewer', 'root'] }, resource_access: { gateway: { roles: ['analyst', 'viewer'] } } },
      { realm_access: 'viewer', groups: ['auditor', 'auditor'] },
      { realm_access: { roles: ['viewer', 7] }, groups: { 0: 'auditor', length: 1 } },
      { realm_access: null, groups: 'auditor' },
    ]) {
      expect((await ask(await issuer.sign(claims))).status).toBe(200);
    }
    expect(server.requests.map(({ user }) => user?.roles)).toEqual([['analyst', 'viewer'], ['auditor'], [], []]);
  });

  it('of two issuers with the same key id are checked by the keys of their own, and bring the roles of their own', async () => {
    const [one, two] = [await TestIssuer.start(), await TestIssuer.start()];
    const { ask, gateway, server } = await gatewayWith({
      mode: 'credentials',
      issuers: [one.entry({ roles: ['analyst'] }), two.entry({ roles: ['viewer'] })],
    });
    const roles = { realm_access: { roles: ['analyst', 'viewer'] } };
    expect((await ask(await one.sign(roles))).status).toBe(200);
    expect((await ask(await two.sign(roles))).status).toBe(200);
    expect(server.requests.map(({ user }) => [user?.idp, user?.roles])).toEqual([
      [one.url, ['analyst']],
      [two.url, ['viewer']],
    ]);
    expect((await ask(await two.sign({ iss: one.url }))).status).toBe(401);
    expect(decisions(gateway).at(-1)).toMatchObject({ reason: 'bad-signature', issuer: one.url });
  });

  it('reach neither the agent nor the log, and nor do their claims', async () => {
    const issuer = await TestIssuer.start();
    const { ask, gateway, server } = await gatewayOf(issuer);
    const tokens = await Promise.all([
      issuer.sign({ email: 'canary@example.com' }),
      issuer.sign({ email: 'canary@example.com', aud: 'canary-audience', sub: 'canary-user' }),
      issuer.sign({ iss: 'https://canary.example.com' }),
      issuer.sign({}, { kid: 'canary-kid' }),
    ]);
    for (const token of tokens) await (await ask(token)).text();
    await eventually(() => gateway.logs.filter(({ event }) => event === 'request').length === tokens.length);
    expect(server.requests).toHaveLength(1);
    const text = JSON.stringify([server.requests, gateway.logs]);
    expect(text).not.toContain('canary');
    for (const token of tokens) for (const piece of token.split('.').slice(1)) expect(text).not.toContain(piece);
  });

  it('come into force and go with the document, and verified ones go with their issuer', async () => {
    const issuer = await TestIssuer.start();
    const { ask, gateway, document } = await gatewayOf(issuer);
    const token = await issuer.sign();
    expect((await ask(token)).status).toBe(200);
    const asked = issuer.asked.length;
    const auth: Auth = { mode: 'credentials', issuers: [issuer.entry({ audiences: ['https://new.example.com'] })] };
    await gateway.writeDocument({ ...document, auth });
    await eventually(async () => (await ask(token)).status === 401);
    expect(decisions(gateway).at(-1)).toMatchObject({ reason: 'audience' });
    // The keys of an issuer that stays are not read again.
    expect(issuer.asked).toHaveLength(asked);
    await gateway.writeDocument({ ...document, auth: API_KEYS });
    await eventually(async () => {
      await ask(token);
      return decisions(gateway).at(-1)?.reason === 'issuer-unknown';
    });
    await gateway.writeDocument(document);
    await eventually(async () => (await ask(token)).status === 200);
  });

  it('stand beside API keys, and neither is tried for the other', async () => {
    const issuer = await TestIssuer.start();
    const alice = apiKey('alice0001', { user: 'alice', roles: ['viewer'] });
    const { ask, gateway, server } = await gatewayWith(
      { mode: 'credentials', issuers: [issuer.entry()], apiKeys: { directory: KEYS_MOUNT } },
      { alice: alice.file },
    );
    expect((await ask(await issuer.sign())).status).toBe(200);
    expect((await ask(alice.key)).status).toBe(200);
    expect(decisions(gateway)).toMatchObject([
      { user: 'ada', auth: 'access-token', issuer: issuer.url },
      { user: 'alice', auth: 'api-key', keyId: 'alice0001' },
    ]);
    expect(server.requests[1]?.user).toMatchObject({ sub: 'alice', roles: ['viewer'] });
    expect(server.requests[1]?.user).not.toHaveProperty('idp');
    const inOtherHeader = await gateway.invoke({ agent: 'support', input: 'hi' }, { 'x-api-key': await issuer.sign() });
    expect(inOtherHeader.status).toBe(401);
  });
});
