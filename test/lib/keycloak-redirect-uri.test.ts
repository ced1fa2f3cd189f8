import { baseText, baseUrlOf } from '../../lib/identity/keycloak/base-url';
import { originFault, originsOf, redirectUriFault } from '../../lib/identity/keycloak/redirect-uri';

describe('a redirect URI', () => {
  it.each([
    'https://app.example.com/callback',
    'https://app.example.com:8443/callback?from=sso',
    'http://127.0.0.1/callback',
    'http://127.0.0.1:6274/callback',
    'http://localhost:6274/oauth/callback',
    'http://[::1]/callback',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'com.example.app:/callback',
  ])('may be %s', (uri) => expect(redirectUriFault(uri)).toBeUndefined());

  it.each([
    ['*', 'no absolute URI'],
    ['/callback', 'no absolute URI'],
    ['https://*.example.com/callback', 'wildcard'],
    ['https://app.example.com/*', 'wildcard'],
    ['http://127.0.0.1:*/callback', 'no absolute URI'],
    ['http://app.example.com/callback', 'not encrypted'],
    ['http://127.0.0.1.example.com/callback', 'not encrypted'],
    ['http://localhost.example.com/callback', 'not encrypted'],
    ['https://app.example.com/callback#here', 'fragment'],
    ['https://app.example.com/#', 'fragment'],
    ['https://user:secret@app.example.com/', 'user name or password'],
    ['https://app.example.com/${KC_DB_PASSWORD}', 'variable'],
    ['javascript:alert(1)', 'browsers open themselves'],
    ['data:text/html,x', 'browsers open themselves'],
    ['file:///etc/passwd', 'browsers open themselves'],
    [' https://app.example.com/callback', 'white space'],
    ['https://app.example.com/callback\n', 'white space'],
    ['https://app.example.com/call\tback', 'white space'],
    ['https://app.example.com/call back', 'white space'],
    ['https://app.example.com/\u0000', 'control character'],
  ])('is not %s', (uri, reason) => expect(redirectUriFault(uri)?.message).toContain(reason));
});

describe('an origin', () => {
  it('is what web pages of redirect URIs have', () => {
    const uris = [
      'https://b.example.com/x',
      'https://a.example.com:8443/y',
      'https://b.example.com/z',
      'app:/callback',
    ];
    expect(originsOf(uris)).toEqual(['https://a.example.com:8443', 'https://b.example.com']);
  });

  it.each(['https://app.example.com', 'http://localhost:5173'])('may be %s', (origin) =>
    expect(originFault(origin)).toBeUndefined(),
  );

  it.each(['*', '+', 'https://app.example.com/', 'https://*.example.com', 'http://app.example.com', 'app.example.com'])(
    'is not %s',
    (origin) => expect(originFault(origin)?.message).toContain('no origin'),
  );
});

describe('a base URL', () => {
  it.each([
    ['sso.example.com', 'https://sso.example.com'],
    ['sso.example.com:8443', 'https://sso.example.com:8443'],
    ['https://example.com/auth/', 'https://example.com/auth'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ])('%s stands for %s', (text, url) => expect(baseText(baseUrlOf(text) as URL)).toBe(url));

  it.each([
    '',
    'sso example.com',
    'http://sso.example.com',
    'ftp://sso.example.com',
    'https://user:secret@sso.example.com',
    'https://sso.example.com/?realm=mcp',
    'https://sso.example.com/#x',
    '*.example.com',
  ])('"%s" is none', (text) => expect(baseUrlOf(text)).toHaveProperty('remedy'));
});
