import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { CallerToken } from '../src/auth/caller-token';
import {
  ANYBODY,
  caller,
  forItself,
  ISSUER,
  mcpServer,
  opened,
  PATIENT,
  SECRET_FILE,
  TokenServer,
} from './credentials-fixture';
import { answerJson, cleanUp, documentOf, eventually, replaceFile, startTestGateway } from './fixture';

afterEach(cleanUp);

describe('a secret', () => {
  it('is shown to the server in its header, and read again when it changes', async () => {
    const { credentials, writeSecret } = await opened(
      { by: 'secret', header: 'X-Crm-Key', file: SECRET_FILE },
      { secret: 'first key\n' },
    );
    expect(await credentials.headersFor(ANYBODY, PATIENT)).toEqual({ 'x-crm-key': 'first key' });
    await writeSecret('second');
    await eventually(async () => (await credentials.headersFor(ANYBODY, PATIENT))['x-crm-key'] === 'second');
  });

  it('stands behind its scheme', async () => {
    const { credentials } = await opened({ by: 'secret', scheme: 'Bearer', file: SECRET_FILE }, { secret: 'abc' });
    expect(await credentials.headersFor(ANYBODY, PATIENT)).toEqual({ authorization: 'Bearer abc' });
  });

  it.each([
    ['is missing', undefined, 'ENOENT'],
    ['is empty', '', 'a header cannot carry it'],
    ['has several lines', 'one\ntwo', 'a header cannot carry it'],
    ['would end the header', 'one\r\nx-evil: two', 'a header cannot carry it'],
    ['is too long', 'x'.repeat(8_193), 'a header cannot carry it'],
  ])('that %s is shown to nobody, and said', async (_case, secret, fault) => {
    const { credentials, logs, failures } = await opened({ by: 'secret', file: SECRET_FILE }, { secret });
    await expect(credentials.headersFor(ANYBODY, PATIENT)).rejects.toMatchObject({
      reason: 'secret-missing',
      server: 'crm',
      isAboutCaller: false,
      message: 'the MCP server "crm" cannot be shown who calls: the gateway has no usable secret for it',
    });
    expect(credentials.unready()).toContain(fault);
    expect(logs).toMatchObject([{ event: 'upstream-secret-unreadable', fault: expect.stringContaining(fault) }]);
    expect(failures('secret-missing')).toBe(1);
    expect(JSON.stringify(logs)).not.toMatch(/evil|xxxx/);
  });
});

describe('client credentials', () => {
  it('are asked for once, by HTTP Basic, and shown to all until shortly before their end', async () => {
    const tokens = await TokenServer.start();
    const { credentials } = await opened(
      forItself(tokens, { scopes: ['a', 'b'], audience: 'crm', resource: 'https://crm.example.com/mcp' }),
      { secret: 'the:secret' },
    );
    const shown = await Promise.all([ANYBODY, caller('x'), ANYBODY].map((who) => credentials.headersFor(who, PATIENT)));
    expect(shown).toEqual(Array(3).fill({ authorization: 'Bearer token-1' }));
    expect(await credentials.headersFor(ANYBODY, PATIENT)).toEqual({ authorization: 'Bearer token-1' });
    expect(tokens.asked).toHaveLength(1);
    expect(tokens.asked[0]!.form).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      audience: 'crm',
      resource: 'https://crm.example.com/mcp',
    });
    expect(tokens.asked[0]!.headers.authorization).toBe(`Basic ${btoa('gateway:the%3Asecret')}`);
  });

  it('are got anew when they have ended, and when the server refuses them', async () => {
    const tokens = await TokenServer.start();
    tokens.expiresIn = 0;
    const { credentials } = await opened(forItself(tokens), { secret: 's', limits: { refetchMs: 0 } });
    for (const text of ['token-1', 'token-2']) {
      expect(await credentials.headersFor(ANYBODY, PATIENT)).toEqual({ authorization: `Bearer ${text}` });
    }
    tokens.expiresIn = '3600';
    for (const text of ['token-3', 'token-3']) {
      expect(await credentials.headersFor(ANYBODY, PATIENT)).toEqual({ authorization: `Bearer ${text}` });
    }
    credentials.forget(ANYBODY);
    expect(await credentials.headersFor(ANYBODY, PATIENT)).toEqual({ authorization: 'Bearer token-4' });
  });

  it('are kept although the server refuses them, if they are new: a server cannot have them got without end', async () => {
    const tokens = await TokenServer.start();
    const { credentials } = await opened(forItself(tokens), { secret: 's' });
    for (let i = 0; i < 5; i++) {
      await credentials.headersFor(ANYBODY, PATIENT);
      credentials.forget(ANYBODY);
    }
    expect(tokens.asked).toHaveLength(1);
  });

  it('are shown while another one is on the way, before they end', async () => {
    const tokens = await TokenServer.start();
    tokens.answer = (response) => answerJson(response, 200, tokens.token({ expires_in: 0.2 }));
    const { credentials } = await opened(forItself(tokens), { secret: 's' });
    expect(await credentials.headersFor(ANYBODY, PATIENT)).toEqual({ authorization: 'Bearer token-1' });
    tokens.expiresIn = 300;
    tokens.answer = undefined;
    await eventually(async () => (await credentials.headersFor(ANYBODY, PATIENT)).authorization === 'Bearer token-2');
  });

  it.each(['RS256', 'PS256'] as const)('may be asked for with a key pair of the client (%s)', async (algorithm) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const tokens = await TokenServer.start();
    const client = {
      method: 'private_key_jwt' as const,
      privateKeyFile: SECRET_FILE,
      algorithm,
      keyId: 'one',
      audience: ISSUER,
    };
    const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const { credentials } = await opened(forItself(tokens, { client }), { secret });
    expect(await credentials.headersFor(ANYBODY, PATIENT)).toEqual({ authorization: 'Bearer token-1' });
    const { form, headers } = tokens.asked[0]!;
    expect(headers.authorization).toBeUndefined();
    expect(form).toMatchObject({
      client_id: 'gateway',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    const { payload, protectedHeader } = await jwtVerify(form.client_assertion!, publicKey, { audience: ISSUER });
    expect(protectedHeader).toEqual({ alg: algorithm, kid: 'one', typ: 'JWT' });
    expect(payload).toMatchObject({ iss: 'gateway', sub: 'gateway', jti: expect.any(String) });
    expect(payload.exp! - payload.iat!).toBe(60);
  });

  it.each([
    ['no key', 'canary'],
    ['a public key', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string],
    ['nonsense', '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----'],
    [
      'the key of another algorithm',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
  ])('are not asked for with %s', async (_case, secret) => {
    const tokens = await TokenServer.start();
    const client = { method: 'private_key_jwt' as const, privateKeyFile: SECRET_FILE, algorithm: 'RS256' as const };
    const { credentials, logs } = await opened(forItself(tokens, { client: { ...client, audience: ISSUER } }), {
      secret: secret as string,
    });
    await expect(credentials.headersFor(ANYBODY, PATIENT)).rejects.toMatchObject({ reason: 'secret-missing' });
    expect(tokens.asked).toHaveLength(0);
    expect(JSON.stringify(logs)).not.toContain('canary');
  });
});

describe('a user claim', () => {
  const claim = { by: 'user-claim' as const, audience: 'https://crm.example.com/mcp' };

  it('says who the user is, for this server alone, and goes along with the next calls of the user', async () => {
    const { credentials } = await opened(claim);
    const shown = await credentials.headersFor(caller('x'), PATIENT);
    expect(await credentials.headersFor(caller('y'), PATIENT)).toEqual(shown);
    const [scheme, jwt = ''] = shown.authorization!.split(' ');
    expect(scheme).toBe('Bearer');
    const { iat, exp, ...rest } = decodeJwt(jwt);
    expect(rest).toEqual({
      iss: 'agentyard:tests/gateway',
      sub: 'ada',
      idp: ISSUER,
      roles: ['analyst'],
      aud: claim.audience,
      azp: 'system:serviceaccount:tests:gateway',
      jti: expect.any(String),
    });
    expect(exp! - iat!).toBe(40);
    const bob = await credentials.headersFor({ ...ANYBODY, user: 'bob' }, PATIENT);
    expect(decodeJwt(bob.authorization!.slice(7))).toMatchObject({ sub: 'bob', roles: [] });
  });

  it('is checked by keys that the gateway publishes', async () => {
    const gateway = await startTestGateway({
      document: documentOf({ mcpServers: [mcpServer('crm', { credentials: claim })] }),
    });
    const { credentials } = await opened(claim);
    const { authorization = '' } = await credentials.headersFor(ANYBODY, PATIENT);
    const keys = createRemoteJWKSet(new URL(`${gateway.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(authorization.slice(7), keys, {
      issuer: 'agentyard:tests/gateway',
      audience: claim.audience,
      algorithms: ['EdDSA'],
      typ: 'agentyard-user+jwt',
    });
    expect(payload.sub).toBe('ci');
    const answer = await fetch(`${gateway.url}/.well-known/jwks.json`);
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(await answer.text()).not.toContain('"d"');
  });

  it('is checked by nobody where no server wants one', async () => {
    const gateway = await startTestGateway({ document: documentOf({ mcpServers: [mcpServer('crm')] }) });
    expect((await fetch(`${gateway.url}/.well-known/jwks.json`)).status).toBe(404);
  });

  it('is not there without a key that signs it', async () => {
    const { credentials } = await opened(claim);
    const tooLong = { ...ANYBODY, user: 'x'.repeat(257) };
    await expect(credentials.headersFor(tooLong, PATIENT)).rejects.toMatchObject({ reason: 'claim-unavailable' });
  });
});

describe('a pod', () => {
  it('is not ready before it has had what it shows to servers, and stays ready when that goes', async () => {
    const credentials = { by: 'secret' as const, file: '/etc/agentyard/upstream' };
    const gateway = await startTestGateway({
      document: documentOf({ mcpServers: [mcpServer('crm', { credentials })] }),
    });
    const readiness = async () => (await fetch(`${gateway.url}/readyz`)).status;
    expect(await readiness()).toBe(503);
    await replaceFile(`${gateway.directory}/upstream`, 'a-key');
    await eventually(async () => (await readiness()) === 200);
    await replaceFile(`${gateway.directory}/upstream`, '');
    await eventually(() => gateway.logs.filter(({ event }) => event === 'upstream-secret-unreadable').length === 2);
    expect(await readiness()).toBe(200);
  });
});

it('the token of a caller is in nothing that is written of it', () => {
  const token = new CallerToken('canary');
  const who = caller('canary', { token });
  const texts = [
    JSON.stringify(who),
    inspect(who, { depth: 9, showHidden: true }),
    `${String(token)}`,
    `${JSON.stringify({ ...token })}`,
  ];
  expect(texts.join()).not.toContain('canary');
  expect(inspect({ token })).toBe('{ token: [redacted] }');
  expect(token.reveal()).toBe('canary');
});
