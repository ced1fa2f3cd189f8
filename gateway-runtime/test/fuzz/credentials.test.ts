import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { fuzz, oddHeader, parsedJson } from '../../../runtime-kit/test/fuzz/fuzz';
import { AccessTokens } from '../../src/auth/access-token';
import { AUTH_FAILURES, AuthFailure } from '../../src/auth/auth-failure';
import { Authenticator } from '../../src/auth/authenticator';
import { hasCredentialInUrl, presentedCredential } from '../../src/auth/credential';
import { readAnswer } from '../../src/auth/introspection-answer';
import type { IssuerKeys } from '../../src/auth/issuer-keys';
import { KeySet } from '../../src/auth/key-set';

const ISSUER = {
  issuer: 'https://sso.example.com',
  audiences: ['https://gw.example.com'],
  algorithms: ['ES256' as const],
  userClaim: 'sub',
  roleClaims: [
    ['realm_access', 'roles'],
    ['__proto__', 'roles'],
  ],
  roles: ['analyst'],
  requiredScopes: ['use'],
  impliedScopes: { all: ['use'] },
  clockToleranceMs: 5_000,
};

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const set = KeySet.parse({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k' }] }, () => undefined);
const keys = { current: set, find: () => Promise.resolve(pair.publicKey) } as unknown as IssuerKeys;
const tokens = new AccessTokens(ISSUER, keys, undefined);
const authenticator = new Authenticator(
  { mode: 'credentials', issuers: [ISSUER] },
  {
    apiKeys: undefined,
    accessTokens: new Map([[ISSUER.issuer, tokens]]),
    opaqueTokens: undefined,
    clientSecrets: [],
    exchangedIssuers: new Set(),
  },
);

/** Whether somebody is let in. Nothing but a refusal that has a name may come out else. */
async function isLetIn(authorization: string): Promise<boolean> {
  try {
    await authenticator.callerOf({ headers: { authorization } });
    return true;
  } catch (error) {
    if (!(error instanceof AuthFailure)) throw error;
    expect(AUTH_FAILURES).toContain(error.reason);
    return false;
  }
}

const PIECES = [
  'Bearer ',
  'bearer  ',
  'Basic ',
  'ay_',
  '.',
  'eyJ',
  'e30',
  '=',
  '-',
  '_',
  ' ',
  '\t',
  ',',
  'é',
  'Bearer',
];

it('a credential of any form has one kind, or none', () =>
  fuzz(
    fc.property(
      fc.option(oddHeader(...PIECES), { nil: undefined }),
      fc.option(oddHeader('ay_', 'x'), { nil: undefined }),
      (sent, key) => {
        try {
          const { text } = presentedCredential({ headers: { authorization: sent, 'x-api-key': key } });
          expect([sent?.endsWith(text), key]).toContain(sent === undefined ? key : true);
          expect(text.length).toBeLessThanOrEqual(8_192);
          // No white space, and nothing that would end a header.
          if (sent !== undefined) expect(text).toMatch(/^[\x21-\x7e\x80-\xff]+$/);
        } catch (error) {
          if (!(error instanceof AuthFailure)) throw error;
          expect(['missing', 'malformed', 'too-large']).toContain(error.reason);
        }
      },
    ),
  ));

const NAMES = ['access_token', 'token', 'api_key', 'x-api-key', 'Authorization'];

it('a credential in a URL is seen as a server behind would see it', () =>
  fuzz(
    fc.property(oddHeader('?', '&', '=', '%', '%5F', '%61ccess_token', '#', '/', '+', ';', ...NAMES), (query) => {
      const url = `/mcp?${query}`;
      const names = [...new URLSearchParams(query).keys()].map((name) => name.toLowerCase());
      expect(hasCredentialInUrl(url)).toBe(
        names.some(
          (name) => NAMES.some((each) => each.toLowerCase() === name) || name === 'apikey' || name === 'api-key',
        ),
      );
    }),
  ));

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = fc.oneof(
  parsedJson,
  fc.record(
    {
      alg: fc.constantFrom<unknown>('ES256', 'none', 'HS256', 'RS256', null, ['ES256']),
      kid: parsedJson,
      typ: parsedJson,
    },
    { requiredKeys: ['alg'] },
  ),
  fc.record({ alg: fc.constant('ES256'), crit: parsedJson, b64: fc.boolean(), jwk: parsedJson }),
);
const payload = fc.oneof(
  parsedJson,
  fc.record({ iss: fc.oneof(fc.constant(ISSUER.issuer), parsedJson), exp: parsedJson, aud: parsedJson }),
);

it('a token that nobody has signed lets nobody in, whatever is in it', () =>
  fuzz(
    fc.asyncProperty(header, payload, oddHeader('AAAA', '', '.', 'x'.repeat(86)), async (head, body, signature) => {
      expect(await isLetIn(`Bearer ${encoded(head)}.${encoded(body)}.${signature}`)).toBe(false);
      expect(await isLetIn(`Bearer ${signature}.${signature}.${signature}`)).toBe(false);
    }),
  ));

/** Claims that let in, but for some that are anything. */
const claims = fc.record(
  {
    iss: fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>(ISSUER.issuer) }, { weight: 1, arbitrary: parsedJson }),
    aud: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<unknown>(...ISSUER.audiences, [ISSUER.audiences[0]]) },
      { weight: 1, arbitrary: parsedJson },
    ),
    sub: fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>('ada') }, { weight: 1, arbitrary: parsedJson }),
    exp: fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>(4_000_000_000) }, { weight: 1, arbitrary: parsedJson }),
    scope: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<unknown>('use', 'all', 'a use') },
      { weight: 1, arbitrary: parsedJson },
    ),
    nbf: parsedJson,
    iat: parsedJson,
    typ: parsedJson,
    realm_access: parsedJson,
  },
  { requiredKeys: ['iss', 'aud', 'sub', 'exp', 'scope'] },
);

interface Claims {
  readonly [name: string]: unknown;
}

/** What has to hold of a token that lets in, in the words of RFC 9068 and of the document. */
function mustBeRefused({ iss, aud, sub, exp, scope }: Claims): boolean {
  const named: unknown[] = Array.isArray(aud) ? aud : [aud];
  return (
    iss !== ISSUER.issuer ||
    !named.includes(ISSUER.audiences[0]) ||
    typeof sub !== 'string' ||
    typeof exp !== 'number' ||
    exp * 1_000 < Date.now() - 10_000 ||
    !String(scope)
      .split(' ')
      .some((each) => each === 'use' || each === 'all')
  );
}

it('a token that its issuer has signed lets in only as its claims say', () =>
  fuzz(
    fc.asyncProperty(claims, async (said) => {
      const jwt = await new SignJWT(said as never).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(pair.privateKey);
      if (await isLetIn(`Bearer ${jwt}`)) expect(mustBeRefused(said as Claims)).toBe(false);
    }),
  ));

it('what an issuer says of a token lets in only as it says', () =>
  fuzz(
    fc.property(claims, fc.oneof(fc.constant<unknown>(true), parsedJson), parsedJson, (said, active, type) => {
      const answer = { ...(said as Claims), active, token_type: type };
      try {
        const { caller } = readAnswer(answer, ISSUER, Date.now());
        expect([active, mustBeRefused(answer), [...caller.roles].every((role) => role === 'analyst')]).toEqual([
          true,
          false,
          true,
        ]);
      } catch (error) {
        if (!(error instanceof AuthFailure)) throw error;
      }
    }),
  ));
