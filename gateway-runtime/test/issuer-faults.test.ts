import { generateKeyPairSync } from 'node:crypto';
import type { IssuerPace } from '../src/auth/issuer-keys';
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
import { IssuerKey, TestIssuer, type IssuerAnswer } from './test-issuer';

afterEach(cleanUp);

const alice = apiKey('alice0001', { user: 'alice' });

/** A gateway that lets in tokens of these issuers, and an API key. */
async function gatewayOf(issuers: readonly GatewayDocumentInputIssuer[], issuerPace: Partial<IssuerPace> = {}) {
  const server = await startAgent('support');
  const auth = { mode: 'credentials' as const, issuers: [...issuers], apiKeys: { directory: KEYS_MOUNT } };
  const document = documentOf({ auth, agents: [agent('support')], routes: [byAgent('support')] });
  const gateway = await startTestGateway({
    document,
    hosts: { 'support-pods:8080': [server.address] },
    keys: { alice: alice.file },
    sources: { issuerPace },
  });
  const ask = (credential: string) =>
    gateway.invoke({ agent: 'support', input: 'hi' }, { authorization: `Bearer ${credential}` });
  return { gateway, server, ask };
}

type GatewayDocumentInputIssuer = ReturnType<TestIssuer['entry']>;

const failuresOf = ({ metrics }: TestGateway) =>
  metrics.eventCounts.find(({ name }) => name === 'agentyard_issuer_fetch_failures_total')?.values.get('');

async function expectUnavailable(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(await answer.json()).toMatchObject({ code: 'issuer-unavailable' });
}

const json =
  (value: unknown): IssuerAnswer =>
  (_request, response) =>
    answerJson(response, 200, value);

const jwk = (pair: ReturnType<typeof generateKeyPairSync>) => pair.publicKey.export({ format: 'jwk' });
const key = new IssuerKey('other').jwk;

describe('an issuer', () => {
  it('that is down at the start makes no one wait and nothing unready, and counts as soon as it is up', async () => {
    const issuer = await TestIssuer.start();
    const token = await issuer.sign();
    await issuer.stop();
    const { ask, gateway, server } = await gatewayOf([issuer.entry()], { retryMs: 50 });
    await expectUnavailable(await ask(token));
    expect(await logLine(gateway, 'decision')).toMatchObject({
      decision: 'denied',
      reason: 'issuer-unavailable',
      issuer: issuer.url,
      auth: 'access-token',
    });
    expect((await ask(alice.key)).status).toBe(200);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect(server.requests).toHaveLength(1);
    await eventually(() => (failuresOf(gateway) ?? 0) > 2);
    // Said once, and not with every try.
    expect(gateway.logs.filter(({ event }) => event === 'issuer-unavailable')).toMatchObject([
      { level: 'error', issuer: issuer.url, fault: 'it cannot be reached: ECONNREFUSED' },
    ]);
    await issuer.open();
    await eventually(async () => (await ask(token)).status === 200);
    expect(await logLine(gateway, 'issuer-available')).toMatchObject({ level: 'info', issuer: issuer.url });
  });

  it('that does not answer delays its own tokens alone, and those only for a while', async () => {
    const [slow, good] = [await TestIssuer.start(), await TestIssuer.start()];
    slow.answers.set('/jwks', () => undefined);
    const { ask, gateway } = await gatewayOf([slow.entry(), good.entry()], { timeoutMs: 1_000, retryMs: 60_000 });
    await eventually(() => slow.asked.includes('/jwks'));
    let isAnswered = false;
    const waiting = slow
      .sign()
      .then(ask)
      .finally(() => (isAnswered = true));
    expect((await ask(await good.sign())).status).toBe(200);
    expect((await ask(alice.key)).status).toBe(200);
    expect(isAnswered).toBe(false);
    await expectUnavailable(await waiting);
    expect(await logLine(gateway, 'issuer-unavailable')).toMatchObject({ fault: 'it did not answer in time' });
    // Until it is asked again nobody waits for it.
    await expectUnavailable(await ask(await slow.sign()));
    expect(slow.asked.filter((path) => path === '/jwks')).toHaveLength(1);
  });

  it('is asked once for many tokens at the same time', async () => {
    const issuer = await TestIssuer.start();
    let release: (() => void) | undefined;
    issuer.answers.set('/jwks', (_request, response) => {
      release = () => answerJson(response, 200, { keys: [issuer.key.jwk] });
    });
    const { ask } = await gatewayOf([issuer.entry()]);
    const token = await issuer.sign();
    const answers = Array.from({ length: 10 }, () => ask(token));
    await eventually(() => release !== undefined);
    release?.();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('is asked once for many tokens with a new key at the same time', async () => {
    const issuer = await TestIssuer.start();
    const { ask } = await gatewayOf([issuer.entry()], { unknownKidMs: 0 });
    expect((await ask(await issuer.sign())).status).toBe(200);
    issuer.key = new IssuerKey('key-2');
    const asked = issuer.asked.length;
    let release: (() => void) | undefined;
    issuer.answers.set('/jwks', (_request, response) => {
      release = () => answerJson(response, 200, { keys: [issuer.key.jwk] });
    });
    const token = await issuer.sign();
    const first = ask(token);
    await eventually(() => release !== undefined);
    const others = Array.from({ length: 9 }, () => ask(token));
    // None of them may be answered before the keys are there.
    await Promise.race([Promise.all(others), new Promise((resolve) => setTimeout(resolve, 100))]);
    release?.();
    expect((await Promise.all([first, ...others])).map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(issuer.asked).toHaveLength(asked + 2);
  });

  it('is asked for unknown keys once in a while, however many tokens name them', async () => {
    const issuer = await TestIssuer.start();
    const { ask } = await gatewayOf([issuer.entry()]);
    expect((await ask(await issuer.sign())).status).toBe(200);
    const before = issuer.asked.length;
    for (let i = 0; i < 5; i += 1) expect((await ask(await issuer.sign({}, { kid: `none-${i}` }))).status).toBe(401);
    expect(issuer.asked).toHaveLength(before + 2);
    expect((await ask(await issuer.sign())).status).toBe(200);
  });

  it('keeps its last good keys while it is down or talks nonsense, and an unknown one is not called wrong then', async () => {
    const issuer = await TestIssuer.start();
    const { ask, gateway } = await gatewayOf([issuer.entry()], { refreshMs: 50, patientRetryMs: 50, unknownKidMs: 0 });
    expect((await ask(await issuer.sign())).status).toBe(200);
    issuer.serveKeys({ keys: [] });
    await eventually(() => (failuresOf(gateway) ?? 0) > 0);
    expect((await ask(await issuer.sign())).status).toBe(200);
    await issuer.stop();
    await eventually(() => gateway.logs.some(({ fault }) => String(fault).includes('ECONNREFUSED')));
    expect((await ask(await issuer.sign({ sub: 'bob' }))).status).toBe(200);
    await expectUnavailable(await ask(await issuer.sign({}, { kid: 'key-2' })));
  });

  it('is asked again after a while, so that a key that it took back counts no more', async () => {
    const issuer = await TestIssuer.start();
    const { ask } = await gatewayOf([issuer.entry()], { refreshMs: 50 });
    const token = await issuer.sign();
    expect((await ask(token)).status).toBe(200);
    issuer.key = new IssuerKey('key-2');
    await eventually(async () => (await ask(token)).status === 401);
  });

  it.each<[string, string, IssuerAnswer]>([
    ['a page', 'its keys are no JSON Web Key Set', (_request, response) => void response.end('<html>')],
    ['null', 'its keys are no JSON Web Key Set', json(null)],
    ['a list', 'its keys are no JSON Web Key Set', json([key])],
    ['keys that are no list', 'its keys are no JSON Web Key Set', json({ keys: { 0: key } })],
    ['no keys', 'it has no key that can be used', json({ keys: [] })],
    ['only nonsense keys', 'it has no key that can be used', json({ keys: [null, 'key', {}] })],
    ['too many keys', 'it has over 100 keys', json({ keys: Array(101).fill(key) })],
    ['too much', 'its document is over 262144 bytes', json({ keys: [key], pad: 'a'.repeat(300_000) })],
    ['an error', 'its keys were answered with 500', (_request, response) => answerJson(response, 500, { keys: [key] })],
    [
      'a redirect',
      'its keys were answered with 302',
      (_request, response) => void response.writeHead(302, { location: '/other' }).end(),
    ],
    ['half an answer', 'it cannot be reached', (_request, response) => void response.socket?.destroy()],
  ])('that answers for its keys with %s is unavailable', async (_case, fault, answer) => {
    const issuer = await TestIssuer.start();
    issuer.answers.set('/jwks', answer);
    issuer.answers.set('/other', json({ keys: [issuer.key.jwk] }));
    const { ask, gateway } = await gatewayOf([issuer.entry()]);
    await expectUnavailable(await ask(await issuer.sign()));
    expect((await logLine(gateway, 'issuer-unavailable')).fault).toContain(fault);
    expect(issuer.asked).not.toContain('/other');
  });

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['another issuer', 'are those of another issuer', { issuer: 'https://evil.example.com' }],
    ['a name like its own', 'are those of another issuer', { issuer: 'http://127.0.0.1/' }],
    ['no keys', 'is no http or https URL', { jwks_uri: undefined }],
    ['a file with keys', 'is no http or https URL', { jwks_uri: 'file:///etc/passwd' }],
    ['keys behind a password', 'is no http or https URL', { jwks_uri: 'http://user:secret@127.0.0.1/jwks' }],
  ])('whose metadata name %s is unavailable', async (_case, fault, metadata) => {
    const issuer = await TestIssuer.start();
    issuer.serveMetadata(metadata);
    const { ask, gateway } = await gatewayOf([issuer.entry()]);
    await expectUnavailable(await ask(await issuer.sign()));
    expect((await logLine(gateway, 'issuer-unavailable')).fault).toContain(fault);
    expect(issuer.asked).not.toContain('/jwks');
  });

  it('may have nonsense keys among good ones: they are left out, and said once', async () => {
    const issuer = await TestIssuer.start();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    issuer.serveKeys({
      keys: [
        null,
        { kty: 'EC', crv: 'P-256', x: 'canary', y: 'canary', kid: 'canary-kid' },
        { ...jwk(generateKeyPairSync('rsa', { modulusLength: 1_024 })), kid: 'short' },
        { ...jwk(rsa), e: 'AQ', kid: 'exponent' },
        { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'private' },
        { ...jwk(generateKeyPairSync('x25519')), kid: 'agreement' },
        { ...issuer.key.jwk, kid: 7 },
        // Of other uses, which is no nonsense.
        { ...jwk(rsa), kid: 'encryption', use: 'enc', alg: 'RSA-OAEP' },
        { ...jwk(rsa), kid: 'wrapping', key_ops: ['wrapKey'] },
        { kty: 'oct', k: 'Y2FuYXJ5', kid: 'secret' },
        issuer.key.jwk,
      ],
    });
    const algorithms = ['ES256' as const, 'RS256' as const];
    const { ask, gateway } = await gatewayOf([issuer.entry({ algorithms })], { refreshMs: 20 });
    expect((await ask(await issuer.sign())).status).toBe(200);
    for (const kid of ['exponent', 'private', 'encryption', 'wrapping']) {
      expect((await ask(await issuer.sign({}, { alg: 'RS256', kid }, rsa.privateKey))).status).toBe(401);
    }
    const reads = issuer.asked.length;
    await eventually(() => issuer.asked.length > reads + 4);
    const lines = gateway.logs.filter(({ event }) => event === 'issuer-keys-skipped');
    expect(lines).toMatchObject([
      {
        level: 'warn',
        issuer: issuer.url,
        faults: [
          'keys[0]: not an object',
          'keys[1]: not a key',
          'keys[2]: an RSA key of 1024 bits',
          'keys[3]: an RSA key with a wrong exponent',
          'keys[4]: it has its private part',
          'keys[5]: of a kind that no signature here is made with',
          'keys[6]: its kid is no string',
        ],
      },
    ]);
    expect(JSON.stringify(gateway.logs)).not.toContain('canary');
  });

  it('is not guessed at when several of its keys could be meant', async () => {
    const issuer = await TestIssuer.start();
    issuer.serveKeys({ keys: [new IssuerKey('key-0').jwk, issuer.key.jwk] });
    const { ask, gateway } = await gatewayOf([issuer.entry()]);
    expect((await ask(await issuer.sign({}, { kid: undefined }))).status).toBe(401);
    expect(await logLine(gateway, 'decision')).toMatchObject({ reason: 'kid-unknown' });
    expect((await ask(await issuer.sign())).status).toBe(200);
  });

  it('is asked where the document says, and for no metadata then', async () => {
    const issuer = await TestIssuer.start();
    issuer.answers.set('/keys?v=1', json({ keys: [issuer.key.jwk] }));
    const { ask } = await gatewayOf([issuer.entry({ jwksUri: `${issuer.url}/keys?v=1` })]);
    expect((await ask(await issuer.sign())).status).toBe(200);
    expect(issuer.asked).toEqual(['/keys?v=1']);
  });

  it('with metadata of RFC 8414 alone is found too, with its path where each of them has it', async () => {
    const issuer = await TestIssuer.start();
    const iss = `${issuer.url}/realms/main`;
    const metadata = { issuer: iss, jwks_uri: `${issuer.url}/jwks` };
    issuer.answers.set('/.well-known/oauth-authorization-server/realms/main', json(metadata));
    const { ask } = await gatewayOf([issuer.entry({ issuer: iss })]);
    expect((await ask(await issuer.sign({ iss }))).status).toBe(200);
    expect(issuer.asked).toEqual([
      '/realms/main/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/realms/main',
      '/jwks',
    ]);
  });
});
