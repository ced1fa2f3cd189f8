import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { EgressProxyError } from '../../runtime-kit/src';
import { AdminApi } from '../src/realm/admin-api';
import { KeycloakError } from '../src/realm/keycloak-error';
import { endless } from './endless';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const SECRET = 'the-secret-of-the-administrator';
let server: Server;
let answer: Answer;
let logins: number;
let lifetime: number;
let token: string | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url !== '/auth/realms/master/protocol/openid-connect/token') return answer(request, response);
    logins += 1;
    response.end(token ?? JSON.stringify({ access_token: `token-${logins}`, expires_in: lifetime }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

beforeEach(() => {
  logins = 0;
  lifetime = 300;
  token = undefined;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function api(): AdminApi {
  const { port } = server.address() as AddressInfo;
  const administrator = { realm: 'master', clientId: 'administrator', clientSecret: SECRET };
  return new AdminApi({ url: `http://127.0.0.1:${port}/auth`, realm: 'a b', administrator, fetch });
}

const says =
  (status: number, body: string): Answer =>
  (_, response) =>
    response.writeHead(status).end(body);

it('asks below the realm, with one token for as long as it counts', async () => {
  const seen: unknown[] = [];
  answer = (request, response) => {
    seen.push([request.method, request.url, request.headers.authorization]);
    response.end('[]');
  };
  const keycloak = api();
  await keycloak.get('/roles');
  await keycloak.get('/clients');
  expect(seen).toEqual([
    ['GET', '/auth/admin/realms/a%20b/roles', 'Bearer token-1'],
    ['GET', '/auth/admin/realms/a%20b/clients', 'Bearer token-1'],
  ]);
});

it('asks for another token before one expires', async () => {
  answer = says(200, '[]');
  lifetime = 5;
  const keycloak = api();
  await keycloak.get('/roles');
  await keycloak.get('/roles');
  expect(logins).toBe(2);
});

it('asks for lists page by page, and keeps what is wanted', async () => {
  const seen: (string | undefined)[] = [];
  answer = (request, response) => {
    seen.push(request.url);
    const first = Number(/first=(\d+)/.exec(request.url ?? '')?.[1]);
    const length = Math.min(100, 230 - first);
    response.end(JSON.stringify(Array.from({ length }, (_, i) => ({ name: `role-${first + i}` }))));
  };
  const keep = ({ name }: { name: string }) => name.endsWith('29');
  expect(await api().list('/roles?briefRepresentation=false', keep)).toEqual([
    { name: 'role-29' },
    { name: 'role-129' },
    { name: 'role-229' },
  ]);
  const page = (first: number) => `/auth/admin/realms/a%20b/roles?briefRepresentation=false&first=${first}&max=100`;
  expect(seen).toEqual([page(0), page(100), page(200)]);
});

it('finds no realm only if Keycloak says so itself', async () => {
  answer = says(404, '{"error":"Realm not found."}');
  expect(await api().findRealm()).toBeUndefined();
  answer = says(404, 'default backend - 404');
  await expect(api().findRealm()).rejects.toThrow(/^\/admin\/realms\/a%20b: .*404 to GET; .*in front of Keycloak/);
  await expect(api().get('/roles')).rejects.toThrow('404 to GET');
  await expect(api().send('DELETE', '/roles-by-id/1')).rejects.toThrow('404 to DELETE');
});

/** How a request failed. */
async function failure(asked: Promise<unknown>): Promise<Error & { place: string; reason: string; remedy: string }> {
  const error = await asked.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(KeycloakError);
  return error as Error & { place: string; reason: string; remedy: string };
}

it.each([
  [403, '{"error":"HTTP 403 Forbidden"}', /403 .*HTTP 403 Forbidden.*manage-realm/],
  [409, '{"errorMessage":"Client web already exists"}', /409 .*Client web already exists.*tries again/],
  [500, '<html>broken</html>', /500 to POST; .*log of Keycloak/],
  [302, '', /302 to POST; /],
  [403, '<html>blocked</html>', /403 to POST; .*in front of Keycloak/],
  [400, `{"errorMessage":"${'x'.repeat(5000)}"}`, /^.{1,500}$/],
])('says why Keycloak refuses (%i)', async (status, body, reason) => {
  answer = says(status, body);
  const error = await failure(api().send('POST', '/clients', { secret: SECRET }));
  expect(error).toMatchObject({ name: 'KeycloakError', place: '/admin/realms/a%20b/clients' });
  expect(error.message).toMatch(reason);
  expect(error.message).not.toContain(SECRET);
});

it.each<[string, Answer, RegExp]>([
  ['no JSON', says(200, '<html>maintenance</html>'), /the answer to GET is no JSON of Keycloak/],
  ['nothing', says(200, ''), /the answer to GET is no JSON of Keycloak/],
  ['one without end', (_, response) => void endless(response), /is over 8388608 bytes/],
  [
    'one that breaks off',
    (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('['),
    /cannot be reached at http.*: [A-Z_]+$/,
  ],
])('refuses an answer that is %s', async (what, says, reason) => {
  answer = (request, response) => {
    says(request, response);
    if (what.includes('breaks')) response.socket?.end();
  };
  const error = await failure(api().get('/roles'));
  expect(error.reason).toMatch(reason);
  expect(error.place).toBe('/admin/realms/a%20b/roles');
  expect(error.remedy).not.toBe('');
});

it.each(['<html>Sign in</html>', '{}', '{"access_token":1,"expires_in":2}'])(
  'refuses a token that is none: %s',
  async (text) => {
    token = text;
    const error = await failure(api().get('/roles'));
    expect(error.message).toMatch(/openid-connect\/token: the answer to the administrator's login in the realm master/);
  },
);

describe('says that Keycloak', () => {
  const failing = (error: Error) => {
    const administrator = { realm: 'master', clientId: 'administrator', clientSecret: SECRET };
    const fetch = () => Promise.reject(error);
    return failure(new AdminApi({ url: 'https://sso.example.com', realm: 'mcp', administrator, fetch }).get('/roles'));
  };
  const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError');

  it.each<[string, Error, string]>([
    ['is late', late, 'no whole answer in time'],
    ['is late with the rest', new TypeError('terminated', { cause: late }), 'no whole answer in time'],
    [
      'is not there',
      new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
      'ECONNREFUSED',
    ],
    ['is not to be had, for whatever reason', new TypeError('fetch failed'), 'TypeError'],
  ])('%s', async (_, error, reason) => {
    expect((await failing(error)).reason).toBe(`Keycloak cannot be reached at https://sso.example.com: ${reason}`);
  });

  it('is not let through by the egress proxy', async () => {
    const refusal = new EgressProxyError('egress-refused', 'sso.example.com:443', 403);
    const { reason } = await failing(new TypeError('fetch failed', { cause: refusal }));
    expect(reason).toContain('egress proxy: sso.example.com:443 was refused; declare the host');
  });
});
