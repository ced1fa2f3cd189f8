import { createHmac } from 'node:crypto';
import { USER_CLAIM_HEADER, USER_CLAIM_TYPE } from 'agentyard/contract';
import { SignJWT } from 'jose';
import { CallerCheck } from '../src';
import { cleanUp, temporaryDirectory } from './fixture';
import { openTrust, refusalOf, toolset, toolsetIdentity, WEATHER } from './identity-callee';
import { audienceOf, subjectOf, TestCluster, TestGateway, TestIdentity } from './identity-fixture';

afterEach(cleanUp);

describe('the token of a caller', () => {
  it.each(['ES256', 'RS256'] as const)('says which service calls (%s)', async (alg) => {
    const identity = TestIdentity.create(await temporaryDirectory(), new TestCluster(alg));
    const { trust } = await openTrust(identity);
    const check = new CallerCheck(trust, toolsetIdentity(identity));
    const authorization = await identity.bearer('guide', 'weather');
    for (let i = 0; i < 2; i += 1) {
      const { caller, user } = await check.check({ authorization });
      expect([caller.name, user]).toEqual(['guide', undefined]);
    }
  });

  it('must be there', async () => {
    const { check } = await toolset();
    expect(await refusalOf(check.check({}))).toMatchObject({ code: 'auth-missing', reason: 'token-missing' });
  });

  it('of another audience, as a callee could replay it, is refused', async () => {
    const { identity, check } = await toolset();
    const authorization = await identity.bearer('guide', 'calendar');
    expect(await refusalOf(check.check({ authorization }))).toEqual({
      code: 'auth-invalid',
      type: 'audit',
      decision: 'denied',
      reason: 'token-audience',
      caller: subjectOf('guide'),
      user: undefined,
    });
  });

  const time = () => Math.floor(Date.now() / 1000);

  it.each<[string, Record<string, unknown>, string]>([
    ['expired', { exp: time() - 60 }, 'token-expired'],
    ['not yet valid', { nbf: time() + 600 }, 'token-premature'],
    ['without an end', { exp: undefined }, 'token-malformed'],
    ['without a subject', { sub: undefined }, 'token-malformed'],
    ['with a subject that is no text', { sub: 7 }, 'token-malformed'],
    ['of another issuer', { iss: 'https://issuer.example.com' }, 'token-issuer'],
    ['too long', { padding: 'x'.repeat(8_192) }, 'token-malformed'],
  ])('that is %s is refused', async (_, claims, reason) => {
    const { identity, check } = await toolset();
    const authorization = await identity.bearer('guide', 'weather', claims);
    expect(await refusalOf(check.check({ authorization }))).toMatchObject({ code: 'auth-invalid', reason });
  });

  it('counts for a few seconds more than it says, since clocks differ', async () => {
    const { identity, check } = await toolset();
    const authorization = await identity.bearer('guide', 'weather', { exp: time() - 1 });
    expect((await check.check({ authorization })).caller.name).toBe('guide');
  });

  it.each<[string, string]>([
    ['of another scheme', 'Basic YTpi'],
    ['that is no JWT', 'Bearer abc'],
    ['of three parts that are nothing', 'Bearer a.b.c'],
    ['with more beside it', 'Bearer a.b.c d'],
  ])('%s is refused', async (_, authorization) => {
    const { check } = await toolset();
    expect((await refusalOf(check.check({ authorization }))).code).toBe('auth-invalid');
  });

  it('signed by another key is refused, whatever key it names', async () => {
    const { identity, check } = await toolset();
    const foreign = new TestCluster();
    for (const kid of [identity.cluster.key.kid, 'unknown']) {
      foreign.rotate(kid);
      const authorization = `Bearer ${await foreign.token('guide', WEATHER)}`;
      expect(await refusalOf(check.check({ authorization }))).toMatchObject({
        code: 'auth-invalid',
        reason: 'token-signature',
        caller: undefined,
      });
    }
  });

  it('without a signature, or with one that the public key makes, is refused', async () => {
    const { identity, check } = await toolset();
    const { kid, jwk } = identity.cluster.key;
    const [, payload] = (await identity.cluster.token('guide', WEATHER)).split('.');
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${encoded({ alg: 'none', kid })}.${payload}.`;
    const shared = `${encoded({ alg: 'HS256', kid })}.${payload}`;
    const mac = createHmac('sha256', JSON.stringify(jwk)).update(shared).digest('base64url');
    for (const token of [none, `${shared}.${mac}`]) {
      expect(await refusalOf(check.check({ authorization: `Bearer ${token}` }))).toMatchObject({
        code: 'auth-invalid',
        reason: 'token-signature',
      });
    }
  });

  it('of a gateway’s key is refused: it signs user claims alone', async () => {
    const { identity, check } = await toolset();
    const { privateKey, kid } = identity.gateway.key;
    const claims = { iss: identity.cluster.issuer, sub: subjectOf('guide'), aud: WEATHER, exp: time() + 60 };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid }).sign(privateKey);
    expect(await refusalOf(check.check({ authorization: `Bearer ${token}` }))).toMatchObject({
      reason: 'token-signature',
    });
  });

  it('of a service that the document does not name is refused', async () => {
    const { identity, check } = await toolset();
    const authorization = await identity.bearer('stranger', 'weather');
    expect(await refusalOf(check.check({ authorization }))).toMatchObject({
      code: 'caller-refused',
      reason: 'caller-unknown',
      caller: subjectOf('stranger'),
    });
  });
});

describe('the claim for a user', () => {
  /** Presents a claim at the toolset as its agent does. */
  async function presented(claimOf: (identity: TestIdentity) => Promise<string> | string, by = 'guide') {
    const { identity, check } = await toolset();
    const headers = {
      authorization: await identity.bearer(by, 'weather'),
      [USER_CLAIM_HEADER]: await claimOf(identity),
    };
    return check.check(headers);
  }

  it('says for whom the agent calls that the gateway gave it to', async () => {
    const { caller, user } = await presented(({ gateway }) =>
      gateway.claim('guide', [audienceOf('guide'), WEATHER], { roles: ['reader'], idp: 'https://sso.example.com' }),
    );
    expect(caller.name).toBe('guide');
    expect(user).toMatchObject({ sub: 'ada', roles: ['reader'], idp: 'https://sso.example.com' });
  });

  it('is the gateway’s own where it calls the toolset itself', async () => {
    const { caller, user } = await presented(({ gateway }) => gateway.claim('gateway', [WEATHER]), 'gateway');
    expect([caller.name, user?.sub]).toEqual(['gateway', 'ada']);
  });

  const time = () => Math.floor(Date.now() / 1000);

  it.each<[string, string, (identity: TestIdentity) => Promise<string> | string, string?]>([
    ['expired', 'claim-expired', ({ gateway }) => gateway.claim('guide', [WEATHER], { exp: time() - 60 })],
    ['for another audience', 'claim-audience', ({ gateway }) => gateway.claim('guide', [audienceOf('calendar')])],
    ['of another party', 'claim-party', ({ gateway }) => gateway.claim('other', [WEATHER])],
    ['made for the gateway itself', 'claim-party', ({ gateway }) => gateway.claim('gateway', [WEATHER])],
    [
      'of a gateway whose claims the caller may not bring',
      'claim-issuer',
      ({ otherGateway }) => otherGateway.claim('guide', [WEATHER]),
    ],
    ['of a gateway that nobody knows', 'claim-issuer', () => new TestGateway('unknown').claim('guide', [WEATHER])],
    [
      'signed by another gateway',
      'claim-signature',
      ({ gateway, otherGateway }) => otherGateway.claim('guide', [WEATHER], { iss: gateway.issuer }),
    ],
    [
      'signed by another gateway, which names a key of this one',
      'claim-signature',
      ({ gateway, otherGateway }) =>
        otherGateway.claim('guide', [WEATHER], { iss: gateway.issuer }, { kid: gateway.key.kid }),
    ],
    ['with an unknown key', 'claim-signature', ({ gateway }) => gateway.claim('guide', [WEATHER], {}, { kid: 'new' })],
    [
      'without the name of its key',
      'claim-signature',
      ({ gateway }) => gateway.claim('guide', [WEATHER], {}, { kid: undefined }),
    ],
    ['of another type', 'claim-malformed', ({ gateway }) => gateway.claim('guide', [WEATHER], {}, { typ: 'JWT' })],
    ['without a type', 'claim-malformed', ({ gateway }) => gateway.claim('guide', [WEATHER], {}, { typ: undefined })],
    ['with more members', 'claim-malformed', ({ gateway }) => gateway.claim('guide', [WEATHER], { admin: true })],
    ['without roles', 'claim-malformed', ({ gateway }) => gateway.claim('guide', [WEATHER], { roles: undefined })],
    ['without an end', 'claim-malformed', ({ gateway }) => gateway.claim('guide', [WEATHER], { exp: undefined })],
    ['valid for an hour', 'claim-lifetime', ({ gateway }) => gateway.claim('guide', [WEATHER], { exp: time() + 3600 })],
    ['empty', 'claim-malformed', () => ''],
    ['no JWT', 'claim-malformed', () => 'ada'],
    [
      'sent twice',
      'claim-malformed',
      async ({ gateway }) => {
        const claim = await gateway.claim('guide', [WEATHER]);
        return `${claim}, ${claim}`;
      },
    ],
    [
      'signed with no algorithm',
      'claim-signature',
      async ({ gateway }) => {
        const [, payload] = (await gateway.claim('guide', [WEATHER])).split('.');
        const header = { alg: 'none', kid: gateway.key.kid, typ: USER_CLAIM_TYPE };
        return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.`;
      },
    ],
    [
      'that was changed',
      'claim-signature',
      async ({ gateway }) => {
        const [header, , signature] = (await gateway.claim('guide', [WEATHER])).split('.');
        const [, payload] = (await gateway.claim('guide', [WEATHER], { roles: ['admin'] })).split('.');
        return `${header}.${payload}.${signature}`;
      },
    ],
    ['of a caller that may bring none', 'claim-issuer', ({ gateway }) => gateway.claim('job', [WEATHER]), 'job'],
  ])('%s is refused', async (_, reason, claimOf, by = 'guide') => {
    expect(await refusalOf(presented(claimOf, by))).toMatchObject({ code: 'caller-refused', reason, caller: by });
  });

  it('is refused with the name of its user, once it is known that the gateway wrote it', async () => {
    const known = presented(({ gateway }) => gateway.claim('other', [WEATHER], { sub: 'x'.repeat(256) }));
    expect((await refusalOf(known)).user).toBe('x'.repeat(256));
    const long = presented(({ gateway }) => gateway.claim('guide', [WEATHER], { sub: 'x'.repeat(5000) }));
    expect(await refusalOf(long)).toMatchObject({ reason: 'claim-malformed', user: 'x'.repeat(256) });
    const forged = presented(({ gateway }) => new TestGateway('x').claim('guide', [WEATHER], { iss: gateway.issuer }));
    expect((await refusalOf(forged)).user).toBeUndefined();
  });

  it('at an agent names the agent, whoever of its gateways calls', async () => {
    const identity = TestIdentity.create(await temporaryDirectory());
    const { trust } = await openTrust(identity);
    const callers = [identity.gateway, identity.otherGateway].map(({ name, subject, issuer }) => ({
      name,
      subject,
      claimIssuers: [issuer],
      withoutUser: false,
    }));
    const audience = audienceOf('guide');
    const check = new CallerCheck(trust, { audience, subject: subjectOf('guide'), callers });
    const call = async (by: TestGateway, claim: Promise<string>) =>
      check.check({ authorization: await identity.bearer(by.name, 'guide'), [USER_CLAIM_HEADER]: await claim });
    const { gateway, otherGateway } = identity;
    expect((await call(gateway, gateway.claim('guide', [audience]))).user?.sub).toBe('ada');
    expect(await refusalOf(call(gateway, gateway.claim('gateway', [audience])))).toMatchObject({
      reason: 'claim-party',
    });
    expect(await refusalOf(call(otherGateway, gateway.claim('guide', [audience])))).toMatchObject({
      reason: 'claim-issuer',
    });
  });
});
