import { ContractError, gatewayDocument, parseDocument } from 'agentyard/contract';
import { goldenDocument } from './golden';

const ISSUER = 'https://sso.example.com/realms/mcp';
const SECRET = { method: 'client_secret_basic', clientSecretFile: '/secrets/client' };
const KEY = { method: 'private_key_jwt', privateKeyFile: '/secrets/key', algorithm: 'RS256', audience: ISSUER };
const AT = { tokenEndpoint: `${ISSUER}/token`, clientId: 'gateway', client: SECRET };
const EXCHANGE = { by: 'token-exchange', ...AT, issuer: ISSUER, audience: 'crm' };

const withCredentials = (credentials: object) => ({
  ...goldenDocument('gateway'),
  auth: { mode: 'credentials', issuers: [{ issuer: ISSUER, audiences: ['https://mcp.example.com'], roles: [] }] },
  mcpServers: [
    { name: 'crm', endpoint: { by: 'url', url: 'https://crm.example.com/mcp' }, timeoutMs: 1_000, credentials },
  ],
});

function parsed(credentials: object): unknown {
  const document = JSON.stringify(withCredentials(credentials));
  return parseDocument(gatewayDocument, document).mcpServers[0]?.credentials;
}

function faults(credentials: object): string[] {
  try {
    parsed(credentials);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return error.faults.map(({ path, message }) => `${path.replace('$.mcpServers[0].credentials', '')} ${message}`);
  }
  return [];
}

it('what a server is shown has its defaults', () => {
  expect(parsed({ by: 'secret', file: '/secrets/crm' })).toEqual({
    by: 'secret',
    header: 'authorization',
    file: '/secrets/crm',
  });
  expect(parsed({ by: 'client-credentials', ...AT, client: KEY })).toMatchObject({ scopes: [], client: KEY });
  expect(parsed(EXCHANGE)).toEqual({ ...EXCHANGE, scopes: [] });
  expect(parsed({ by: 'user-claim', audience: 'crm' })).toEqual({ by: 'user-claim', audience: 'crm' });
});

it.each<[string, object, RegExp]>([
  ['a kind that there is not', { by: 'passthrough' }, /^\.by /],
  ['no file', { by: 'secret' }, /^\.file /],
  ['a header that is none', { by: 'secret', file: '/s', header: 'x key' }, /^\.header must be the name of a header/],
  ...['Host', 'Content-Length', 'mcp-session-id', 'X-Forwarded-For', 'proxy-authorization'].map(
    (header): [string, object, RegExp] => [
      `the header ${header}`,
      { by: 'secret', file: '/s', header },
      /^\.header must not be a header that the gateway sets itself/,
    ],
  ),
  [
    'a scheme with a line break',
    { by: 'secret', file: '/s', scheme: 'Bearer\n' },
    /^\.scheme must be an authentication scheme/,
  ],
  [
    'a secret of a client that is none',
    { by: 'client-credentials', ...AT, client: { method: 'none' } },
    /^\.client\.method /,
  ],
  [
    'both ways for a client',
    { by: 'client-credentials', ...AT, client: { ...SECRET, ...KEY } },
    /^\.client\.clientSecretFile unknown key/,
  ],
  [
    'a shared secret as a key',
    { by: 'client-credentials', ...AT, client: { ...KEY, algorithm: 'HS256' } },
    /^\.client\.algorithm /,
  ],
  ['a scope with a space', { by: 'client-credentials', ...AT, scopes: ['a b'] }, /^\.scopes\[0\] must be a scope/],
  [
    'a password in the URL',
    { ...EXCHANGE, tokenEndpoint: 'https://u:p@sso.example.com/token' },
    /^\.tokenEndpoint must carry no user name/,
  ],
  ['an exchange for nobody', { ...EXCHANGE, audience: undefined }, /^\.audience /],
  [
    'tokens that the gateway does not take',
    { ...EXCHANGE, issuer: 'https://other.example.com' },
    /^\.issuer no issuer "https:\/\/other.example.com" in \$\.auth\.issuers/,
  ],
  [
    'a claim for a service of the platform',
    { by: 'user-claim', audience: 'agentyard:agents/logs' },
    /^\.audience must not begin with "agentyard:"/,
  ],
])('what a server is shown may not be %s', (_case, credentials, fault) => {
  expect(faults(credentials)).toEqual([expect.stringMatching(fault)]);
});

it('tokens cannot be exchanged where nobody comes with one', () => {
  const document = { ...withCredentials(EXCHANGE), auth: { mode: 'none' } };
  expect(() => parseDocument(gatewayDocument, JSON.stringify(document))).toThrow(/no issuer/);
});
