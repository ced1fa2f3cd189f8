import { createPublicKey } from 'node:crypto';
import { mkdirSync, symlinkSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { USER_CLAIM_HEADER, USER_CLAIM_TYPE, type SigningKeys } from 'agentyard/contract';
import { jwtVerify } from 'jose';
import { CallerCheck, ServiceTokenError, ServiceTokens, TrustStore, UserClaimSigner } from '../src';
import { cleanUp, eventually, keptLog, onCleanUp, replaceFile, temporaryDirectory } from './fixture';
import { audienceOf, subjectOf, TestGateway, TestIdentity } from './identity-fixture';

afterEach(cleanUp);

const CLAIMS = {
  iss: audienceOf('gateway'),
  sub: 'ada',
  roles: ['reader'],
  aud: [audienceOf('guide'), audienceOf('weather')],
  azp: subjectOf('guide'),
  jti: 'request-1',
};

async function signer(keys: SigningKeys | string) {
  const directory = await temporaryDirectory();
  const write = (value: SigningKeys | string) =>
    replaceFile(path.join(directory, 'signing-keys.json'), typeof value === 'string' ? value : JSON.stringify(value));
  await write(keys);
  const { lines, log } = keptLog();
  const opened = await UserClaimSigner.open(directory, { log, pollMs: 10 });
  onCleanUp(() => opened.close());
  return { signer: opened, write, lines };
}

describe('UserClaimSigner', () => {
  const gateway = new TestGateway();

  it('signs what any JWT library verifies', async () => {
    const { signer: signing } = await signer(gateway.signingKeys());
    const jwt = await signing.sign(CLAIMS, 30_000);
    const key = createPublicKey(gateway.key.privateKey);
    const { payload, protectedHeader } = await jwtVerify(jwt, key, { audience: audienceOf('weather') });
    expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: 'gateway-1', typ: USER_CLAIM_TYPE });
    expect(payload).toEqual({ ...CLAIMS, iat: expect.any(Number), exp: (payload.iat ?? 0) + 30 });
  });

  it('signs what a service with the trust bundle accepts', async () => {
    const identity = TestIdentity.create(await temporaryDirectory());
    const { signer: signing, lines } = await signer(identity.gateway.signingKeys());
    const trust = await TrustStore.open(identity.trustBundleDirectory, { log: keptLog().log });
    onCleanUp(() => trust.close());
    const caller = { name: 'guide', subject: subjectOf('guide'), claimIssuers: [CLAIMS.iss], tools: [], ownTools: [] };
    const check = new CallerCheck(trust, { audience: audienceOf('weather'), callers: [caller] });
    // Longer than a claim may live: the signer cuts it.
    const claim = await signing.sign(CLAIMS, 24 * 3_600_000);
    const headers = { authorization: await identity.bearer('guide', 'weather'), [USER_CLAIM_HEADER]: claim };
    expect((await check.check(headers)).user).toMatchObject(CLAIMS);
    expect(lines).toEqual([]);
  });

  it.each([
    ['a user without a name', { sub: '' }],
    ['a role that cannot be one', { roles: ['a b'] }],
    ['an audience of no service', { aud: ['https://example.com'] }],
    ['more than a claim holds', { admin: true }],
  ])('signs nothing for %s', async (_, wrong) => {
    const { signer: signing } = await signer(gateway.signingKeys());
    await expect(signing.sign({ ...CLAIMS, ...wrong }, 30_000)).rejects.toThrow('user claim: 1 fault(s)');
  });

  it('signs with the key that became usable last', async () => {
    const kidOf = async (signing: UserClaimSigner) => {
      const [header = ''] = (await signing.sign(CLAIMS, 30_000)).split('.');
      return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
    };
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const [older] = gateway.signingKeys('2020-01-01T00:00:00Z').keys;
    const [newer] = new TestGateway('newer').signingKeys('2021-01-01T00:00:00Z').keys;
    const [next] = new TestGateway('next').signingKeys(inAnHour).keys;
    const keys = [older, next, newer].map((key) => key!);
    const { signer: signing, write } = await signer({ ...gateway.signingKeys(), keys });
    expect(await kidOf(signing)).toBe('newer-1');
    await write({ ...gateway.signingKeys(), keys: [next!, older!] });
    await eventually(async () => (await kidOf(signing)) === 'gateway-1');
  });

  it('is not ready while no key is usable', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const { signer: signing, write } = await signer(gateway.signingKeys(inAnHour));
    expect(signing.unready()).toBe('signing-keys.json: no key is usable yet');
    await expect(signing.sign(CLAIMS, 30_000)).rejects.toThrow('no key is usable yet');
    await write(gateway.signingKeys());
    await eventually(() => signing.unready() === undefined);
  });

  const [key] = gateway.signingKeys().keys;
  const [otherKey] = new TestGateway('other').signingKeys().keys;

  it.each<[string, string | SigningKeys, string]>([
    ['no JSON', `{"keys":[{"d":"${key!.d}"`, '$ is not JSON'],
    ['without keys', { ...gateway.signingKeys(), keys: [] }, '$.keys'],
    ['with a key that is none', { ...gateway.signingKeys(), keys: [{ ...key!, d: 'AA' }] }, '$.keys[0] is no pair'],
    [
      'with parts of two keys',
      { ...gateway.signingKeys(), keys: [{ ...key!, x: otherKey!.x }] },
      '$.keys[0] is no pair of Ed25519 keys',
    ],
  ])('refuses keys that are %s, without a word of them', async (_, wrong, reason) => {
    const first = await signer(wrong);
    expect(first.signer.unready()).toContain(reason);
    const second = await signer(gateway.signingKeys());
    await second.write(wrong);
    await eventually(() => second.lines.length === 1);
    expect(second.lines[0]).toMatchObject({ event: 'document-refused', reason: expect.stringContaining(reason) });
    await second.signer.sign(CLAIMS, 30_000);
    const told = JSON.stringify([first.lines, second.lines, first.signer.unready()]);
    expect(told).not.toContain(key!.d.slice(0, 8));
  });
});

describe('ServiceTokens', () => {
  it('shows each callee its own token, and the new one when it was renewed', async () => {
    const identity = TestIdentity.create(await temporaryDirectory());
    const tokens = new ServiceTokens(undefined);
    const weather = await identity.tokenFile('guide', 'weather');
    const calendar = await identity.tokenFile('guide', 'calendar');
    const first = await tokens.bearer(weather);
    expect(first).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await tokens.bearer(weather)).toBe(first);
    expect(await tokens.bearer(calendar)).not.toBe(first);
    await identity.tokenFile('guide', 'weather');
    expect(await tokens.bearer(weather)).not.toBe(first);
  });

  it('follows the links of a projected volume, on a laptop too', async () => {
    const directory = await temporaryDirectory();
    for (const version of ['1', '2']) {
      mkdirSync(path.join(directory, version));
      writeFileSync(path.join(directory, version, 'token'), `a.b.${version}\n`);
    }
    symlinkSync('1', path.join(directory, '..data'));
    symlinkSync('..data/token', path.join(directory, 'token'));
    const overlay = {
      listen: { host: '127.0.0.1', port: 0 },
      mounts: { '/var/run/agentyard': directory },
      hostsFile: '',
    };
    const tokens = new ServiceTokens(overlay);
    const token = { audience: audienceOf('weather'), file: '/var/run/agentyard/token' };
    expect(await tokens.bearer(token)).toBe('Bearer a.b.1');
    symlinkSync('2', path.join(directory, '..data_tmp'));
    renameSync(path.join(directory, '..data_tmp'), path.join(directory, '..data'));
    expect(await tokens.bearer(token)).toBe('Bearer a.b.2');
  });

  it.each([
    ['is missing', undefined, 'cannot be read (ENOENT)'],
    ['is empty', '', 'is no JWT'],
    ['holds something else', 'password of the database', 'is no JWT'],
    ['would break the header', 'a.b.c\r\nx: y', 'is no JWT'],
    ['is too long', `a.b.${'c'.repeat(9000)}`, 'is too long'],
  ])('says when a file %s, and not what is in it', async (_, text, fault) => {
    const file = path.join(await temporaryDirectory(), 'token');
    if (text !== undefined) writeFileSync(file, text);
    const tokens = new ServiceTokens(undefined);
    const token = { audience: audienceOf('weather'), file };
    const message = `the service token for agentyard:tests/weather ${fault}`;
    await expect(tokens.bearer(token)).rejects.toEqual(new ServiceTokenError(token.audience, fault));
    expect(tokens.unready([token])).toBe(message);
    writeFileSync(file, 'a.b.c');
    expect(tokens.unready([token])).toBeUndefined();
  });
});
