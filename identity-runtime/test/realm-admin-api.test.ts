import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { AdminApi } from '../src/realm/admin-api';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const SECRET = 'the-secret-of-the-administrator';
let server: Server;
let answer: Answer;
let logins: number;
let lifetime: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url !== '/auth/realms/master/protocol/openid-connect/token') return answer(request, response);
    logins += 1;
    response.end(JSON.stringify({ access_token: `token-${logins}`, expires_in: lifetime }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

beforeEach(() => {
  logins = 0;
  lifetime = 300;
});

afterAll(() => server.close());

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

it('finds nothing where there is nothing', async () => {
  answer = says(404, '{"error":"Realm not found."}');
  expect(await api().find('')).toBeUndefined();
  await expect(api().get('/roles')).rejects.toThrow('Keycloak has no /admin/realms/a%20b/roles');
  await expect(api().send('DELETE', '/roles-by-id/1')).rejects.toThrow('Keycloak answered 404 to DELETE');
});

it.each([
  [403, '{"error":"HTTP 403 Forbidden"}', /403 .*HTTP 403 Forbidden.*manage-realm/],
  [409, '{"errorMessage":"Client web already exists"}', /409 .*Client web already exists/],
  [500, '<html>broken</html>', /500 to POST \/admin\/realms\/a%20b\/clients$/],
  [400, `{"errorMessage":"${'x'.repeat(5000)}"}`, /^.{1,450}$/],
])('says why Keycloak refuses (%i)', async (status, body, reason) => {
  answer = says(status, body);
  const error = (await api()
    .send('POST', '/clients', { secret: SECRET })
    .catch((caught: unknown) => caught)) as Error;
  expect(error.name).toBe('KeycloakError');
  expect(error.message).toMatch(reason);
  expect(error.message).not.toContain(SECRET);
});
