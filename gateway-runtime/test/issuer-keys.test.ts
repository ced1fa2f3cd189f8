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

  it('of https may not lead to keys without it', async () => {
    await expect(jwksUriOf({ issuer }, get('http://sso.example.com/jwks'))).rejects.toThrow('is not https');
    expect(await jwksUriOf({ issuer }, get('https://keys.example.com/jwks'))).toBe('https://keys.example.com/jwks');
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
