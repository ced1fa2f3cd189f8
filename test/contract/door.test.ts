import { ContractError, gatewayDocument, parseValue } from 'agentyard/contract';
import { goldenDocument } from './golden';

/** Paths of what is wrong with the golden gateway when it has these members. */
function faultsOf(members: Readonly<Record<string, unknown>>): string[] {
  try {
    parseValue(gatewayDocument.schema, { ...(goldenDocument('gateway') as object), ...members }, 'gateway.json');
    return [];
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return error.faults.map(({ path }) => path);
  }
}

const pair = { certificateFile: '/tls/tls.crt', keyFile: '/tls/tls.key' };
const server = (endpoint: Readonly<Record<string, unknown>>) => ({
  mcpServers: [{ name: 'foreign', endpoint: { by: 'url', ...endpoint }, timeoutMs: 1_000 }],
});
const issuer = (more: Readonly<Record<string, unknown>>) => ({
  auth: {
    mode: 'credentials',
    issuers: [{ issuer: 'https://sso.example.com', audiences: ['x'], roles: [], ...more }],
  },
});

describe('the door of gateway.json', () => {
  it.each([
    [{ allowedOrigins: ['https://app.example.com', 'http://localhost:3000'] }],
    [{ hosts: ['mcp.example.com', 'gateway'] }],
    [{ trustedProxies: { cidrs: ['10.0.0.0/8', 'fd00::/8'], header: 'forwarded' } }],
    [{ tls: pair }],
    [{ tls: { ...pair, clients: { caFile: '/ca.crt', required: false } } }],
    [server({ url: 'https://x.example.com/mcp', tls: { caFile: '/ca.crt' } })],
    [issuer({ tls: { clientCertificateFile: '/tls.crt', clientKeyFile: '/tls.key' } })],
  ])('takes %j', (members) => expect(faultsOf(members)).toEqual([]));

  it.each([
    [{ allowedOrigins: ['*'] }, '$.allowedOrigins[0]'],
    [{ allowedOrigins: ['https://app.example.com/'] }, '$.allowedOrigins[0]'],
    [{ allowedOrigins: ['null'] }, '$.allowedOrigins[0]'],
    [{ hosts: ['*.example.com'] }, '$.hosts[0]'],
    [{ hosts: ['mcp.example.com:443'] }, '$.hosts[0]'],
    [{ trustedProxies: { cidrs: [] } }, '$.trustedProxies.cidrs'],
    [{ trustedProxies: { cidrs: ['10.0.0.1'] } }, '$.trustedProxies.cidrs[0]'],
    [{ trustedProxies: { cidrs: ['0.0.0.0/0'] } }, '$.trustedProxies.cidrs[0]'],
    [{ trustedProxies: { cidrs: ['10.0.0.0/8'], header: 'x-real-ip' } }, '$.trustedProxies.header'],
    [{ intake: { connections: 0 } }, '$.intake.connections'],
    [{ intake: { streams: 1.5 } }, '$.intake.streams'],
    [{ intake: { streamsPerUser: -1 } }, '$.intake.streamsPerUser'],
    [{ intake: { jsonDepth: 3 } }, '$.intake.jsonDepth'],
    [{ intake: { jsonMembers: 1e9 } }, '$.intake.jsonMembers'],
    [{ tls: { certificateFile: '/tls.crt' } }, '$.tls.keyFile'],
    [{ tls: { ...pair, clients: { caFile: '/ca.crt' } } }, '$.tls.clients.required'],
    [server({ url: 'https://x.example.com/', tls: {} }), '$.mcpServers[0].endpoint.tls'],
    [server({ url: 'http://x.example.com/', tls: { caFile: '/ca.crt' } }), '$.mcpServers[0].endpoint.tls'],
    [
      server({ url: 'https://x.example.com/', tls: { clientKeyFile: '/tls.key' } }),
      '$.mcpServers[0].endpoint.tls.clientCertificateFile',
    ],
    [issuer({ issuer: 'http://sso.example.com', tls: { caFile: '/ca.crt' } }), '$.auth.issuers[0].tls'],
  ])('refuses %j', (members, path) => expect(faultsOf(members)).toEqual([path]));
});
