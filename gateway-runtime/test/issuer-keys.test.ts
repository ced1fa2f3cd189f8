import { createDispatcher, Metrics } from '@agentyard/runtime-kit';
import { jwksUriOf } from '../src/auth/issuer-metadata';
import { IssuerKeys, ISSUER_PACE } from '../src/auth/issuer-keys';
import { cleanUp, eventually, onCleanUp } from './fixture';
import { keptLog } from '../../runtime-kit/test/fixture';
import { TestIssuer } from './test-issuer';

afterEach(cleanUp);

describe('IssuerKeys', () => {
  it('has its last good keys for a day and no longer', async () => {
    const issuer = await TestIssuer.start();
    const dispatcher = createDispatcher(undefined, {});
    onCleanUp(() => dispatcher.destroy());
    let now = 0;
    const keys = IssuerKeys.open(
      { issuer: issuer.url },
      {
        dispatcher,
        log: keptLog().log,
        failures: new Metrics().addEventCount('failures', 'failures'),
        pace: ISSUER_PACE,
        now: () => now,
      },
    );
    onCleanUp(() => keys.close());
    await eventually(() => keys.current !== undefined);
    await issuer.stop();
    now = ISSUER_PACE.lastGoodMs - 1;
    expect(await keys.find('ES256', 'key-1')).toBeDefined();
    now = ISSUER_PACE.lastGoodMs;
    await expect(keys.find('ES256', 'key-1')).rejects.toMatchObject({ reason: 'issuer-unavailable' });
  });
});

describe('the metadata of an issuer', () => {
  const issuer = 'https://sso.example.com';
  const get = (jwksUri: string) => () => Promise.resolve({ status: 200, value: { issuer, jwks_uri: jwksUri } });

  it.each([
    'http://sso.example.com/jwks',
    'https://sso.example.com:8443/jwks',
    'https://keys.example.com/jwks',
    'https://sso.example.com.evil.example/jwks',
    'https://169.254.169.254/latest/meta-data',
    'https://[::ffff:10.0.0.1]/jwks',
    'https://2130706433/jwks',
    'https://localhost/jwks',
  ])('may not lead to keys at %s: another origin stands in the document', async (uri) => {
    await expect(jwksUriOf({ issuer }, get(uri))).rejects.toThrow('of another origin than the issuer');
    expect(await jwksUriOf({ issuer, jwksUri: uri }, get('https://sso.example.com/jwks'))).toBe(uri);
  });

  it('lead to keys of the issuer, however its host is spelled', async () => {
    expect(await jwksUriOf({ issuer }, get('https://SSO.example.com:443/jwks'))).toBe('https://sso.example.com/jwks');
  });

  it('are asked for without a second slash when the issuer ends in one', async () => {
    const asked: string[] = [];
    const refuse = (url: string) => {
      asked.push(url);
      return Promise.resolve({ status: 404, value: undefined });
    };
    await expect(jwksUriOf({ issuer: `${issuer}/tenant/` }, refuse)).rejects.toThrow('answered with 404');
    expect(asked).toEqual([
      `${issuer}/tenant/.well-known/openid-configuration`,
      `${issuer}/.well-known/oauth-authorization-server/tenant`,
    ]);
  });
});
