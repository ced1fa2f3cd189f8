import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { CallerCheck } from '../src';
import { cleanUp, eventually, temporaryDirectory } from './fixture';
import { openTrust, refusalOf, toolset, toolsetIdentity } from './identity-callee';
import { TestIdentity } from './identity-fixture';

afterEach(cleanUp);

describe('the trust bundle', () => {
  it('is followed while keys are rotated, also for tokens that were checked before', async () => {
    const { identity, check, trust } = await toolset();
    const old = { authorization: await identity.bearer('guide', 'weather') };
    await check.check(old);
    const before = trust.keys;
    identity.cluster.rotate('cluster-2');
    const fresh = { authorization: await identity.bearer('guide', 'weather') };
    expect(await refusalOf(check.check(fresh))).toMatchObject({ reason: 'token-signature' });
    identity.writeBundle();
    await eventually(() => trust.keys !== before);
    expect((await check.check(fresh)).caller.name).toBe('guide');
    expect(await refusalOf(check.check(old))).toMatchObject({ reason: 'token-signature' });
  });

  it.each([
    ['counts until its time is over', 60_000, undefined],
    ['counts no more when its time is over', -1_000, 'token-signature'],
  ])('a key that is no longer in use %s', async (_, ms, reason) => {
    const { identity, check, trust } = await toolset();
    const before = trust.keys;
    const bundle = identity.bundle();
    const expiresAt = new Date(Date.now() + ms).toISOString();
    const keys = bundle.cluster.keys.map((key) => ({ ...key, expiresAt }));
    identity.writeBundle(JSON.stringify({ ...bundle, cluster: { ...bundle.cluster, keys } }));
    await eventually(() => trust.keys !== before);
    const checked = check.check({ authorization: await identity.bearer('guide', 'weather') });
    if (reason === undefined) expect((await checked).caller.name).toBe('guide');
    else expect(await refusalOf(checked)).toMatchObject({ reason });
  });

  it.each<[string, (identity: TestIdentity) => unknown, string]>([
    ['no JSON', () => undefined, '$ is not JSON'],
    ['another document', () => ({ kind: 'Agent', version: 1 }), '$.kind'],
    [
      'one with a key that is none',
      (identity) => {
        const bundle = identity.bundle();
        return { ...bundle, cluster: { ...bundle.cluster, keys: [{ ...identity.cluster.key.jwk, x: 'AA' }] } };
      },
      '$.cluster.keys[0] is no public key',
    ],
    [
      'one with a private key',
      (identity) => {
        const bundle = identity.bundle();
        const { d } = identity.gateway.key.privateKey.export({ format: 'jwk' });
        return { ...bundle, gateways: [{ ...bundle.gateways[0], keys: [{ ...identity.gateway.key.jwk, d }] }] };
      },
      '$.gateways[0].keys[0].d unknown key',
    ],
    [
      'one with a gateway key of another kind',
      (identity) => {
        const bundle = identity.bundle();
        return { ...bundle, gateways: [{ ...bundle.gateways[0], keys: [identity.cluster.key.jwk] }] };
      },
      '$.gateways[0].keys[0] is no public key',
    ],
    [
      'one with a gateway that stands there twice',
      (identity) => {
        const bundle = identity.bundle();
        return { ...bundle, gateways: [bundle.gateways[0], bundle.gateways[0]] };
      },
      '$.gateways[1].issuer is listed twice',
    ],
    [
      'one with a name of a key that stands there twice',
      (identity) => {
        const bundle = identity.bundle();
        return { ...bundle, cluster: { ...bundle.cluster, keys: [bundle.cluster.keys[0], bundle.cluster.keys[0]] } };
      },
      '$.cluster.keys[1].kid is listed twice',
    ],
  ])('stays the last good one when the next is %s, which is told once', async (_, wrongOf, reason) => {
    const { identity, check, trust, lines } = await toolset();
    const wrong = wrongOf(identity);
    const text = wrong === undefined ? 'secret words' : JSON.stringify(wrong);
    identity.writeBundle(text);
    await eventually(() => lines.length > 0);
    identity.writeBundle(`${text} `);
    const good = trust.keys;
    expect((await check.check({ authorization: await identity.bearer('guide', 'weather') })).caller.name).toBe('guide');
    expect(trust.unready()).toBeUndefined();
    identity.cluster.rotate('cluster-2');
    identity.writeBundle();
    await eventually(() => trust.keys !== good);
    expect(lines.map(({ event }) => event)).toEqual(['document-refused', 'document-changed']);
    expect(lines[0]).toMatchObject({ document: 'trust-bundle.json', reason: expect.stringContaining(reason) });
    expect(JSON.stringify(lines)).not.toContain('secret words');
  });

  it('that is not there yet makes a service unready, and lets nobody in', async () => {
    const identity = TestIdentity.create(await temporaryDirectory());
    rmSync(identity.trustBundleDirectory, { recursive: true });
    const { trust, lines } = await openTrust(identity);
    expect(trust.unready()).toBe('trust-bundle.json: cannot be read (ENOENT)');
    const check = new CallerCheck(trust, toolsetIdentity(identity));
    const headers = { authorization: await identity.bearer('guide', 'weather') };
    expect(await refusalOf(check.check(headers))).toMatchObject({
      code: 'issuer-unavailable',
      reason: 'trust-missing',
    });
    mkdirSync(identity.trustBundleDirectory);
    identity.writeBundle();
    await eventually(() => trust.unready() === undefined);
    expect((await check.check(headers)).caller.name).toBe('guide');
    expect(lines.map(({ event }) => event)).toEqual(['document-refused']);
  });

  it('may hold keys for encryption, which verify nothing', async () => {
    const identity = TestIdentity.create(await temporaryDirectory());
    const { publicKey } = generateKeyPairSync('x25519');
    const bundle = identity.bundle();
    const other = { ...publicKey.export({ format: 'jwk' }), kid: 'enc', use: 'enc' };
    identity.writeBundle(
      JSON.stringify({ ...bundle, cluster: { ...bundle.cluster, keys: [other, ...bundle.cluster.keys] } }),
    );
    const { trust } = await openTrust(identity);
    expect(trust.unready()).toBeUndefined();
    expect(trust.keys?.cluster.size).toBe(1);
  });
});
