import { Client, ClientCredentialsProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { API_KEYS, cleanUp, documentOf, eventually, KEYS_MOUNT, onCleanUp, startTestGateway } from './fixture';
import { CLIENT, OidcIssuer } from './oidc-issuer';
import { startToolset, toolset } from './toolset-fixture';

afterEach(cleanUp);

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

function authOf(url: string, more: object = {}): GatewayDocumentInput['auth'] {
  const issuers = ['https://sso.example.com/realms/main', 'https://login.example.com'].map((issuer) => ({
    issuer,
    // Nothing is there: nobody has to be asked for it.
    jwksUri: 'http://127.0.0.1:9/jwks',
    audiences: [url],
    roles: [],
  }));
  return { mode: 'credentials', issuers, resource: { url, scopes: ['tools', 'profile'] }, ...more };
}

describe('a gateway as a protected resource', () => {
  it('tells everyone who gives tokens for it, at the paths of RFC 9728', async () => {
    const auth = authOf('https://gw.example.com/team');
    const gateway = await startTestGateway({ document: documentOf({ auth, toolsets: [toolset('logs', ['echo'])] }) });
    for (const suffix of ['', '/mcp', '/mcp/logs', '/team', '/team/mcp', '/team/mcp/logs']) {
      const answer = await fetch(`${gateway.url}${WELL_KNOWN}${suffix}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(await answer.json()).toEqual({
        resource: 'https://gw.example.com/team',
        authorization_servers: ['https://sso.example.com/realms/main', 'https://login.example.com'],
        scopes_supported: ['tools', 'profile'],
        bearer_methods_supported: ['header'],
      });
    }
    expect((await fetch(`${gateway.url}${WELL_KNOWN}/other`)).status).toBe(404);
    expect((await fetch(`${gateway.url}${WELL_KNOWN}`, { method: 'POST' })).status).toBe(405);
  });

  it('names them in its challenges, and an error only to a client that has shown something', async () => {
    const gateway = await startTestGateway({ document: documentOf({ auth: authOf('https://gw.example.com/team') }) });
    const challenge = async (headers: Readonly<Record<string, string>>) => {
      const answer = await fetch(`${gateway.url}/mcp`, { method: 'POST', headers, body: '{}' });
      expect(answer.status).toBe(401);
      return answer.headers.get('www-authenticate');
    };
    const rest = `resource_metadata="https://gw.example.com${WELL_KNOWN}/team", scope="tools profile"`;
    expect(await challenge({})).toBe(`Bearer realm="agentyard", ${rest}`);
    expect(await challenge({ authorization: 'Bearer wrong' })).toBe(
      `Bearer realm="agentyard", error="invalid_token", ${rest}`,
    );
  });

  it('leaves out what it has none of, and says nothing when the document has no resource', async () => {
    const auth = { ...authOf('https://gw.example.com'), issuers: [], apiKeys: { directory: KEYS_MOUNT } };
    const document = documentOf({ auth: { ...auth, resource: { url: 'https://gw.example.com' } } as typeof auth });
    const gateway = await startTestGateway({ document });
    const metadata = { resource: 'https://gw.example.com', bearer_methods_supported: ['header'] };
    expect(await (await fetch(gateway.url + WELL_KNOWN)).json()).toEqual(metadata);
    await gateway.writeDocument({ ...document, auth: API_KEYS });
    await eventually(async () => (await fetch(gateway.url + WELL_KNOWN)).status === 404);
    expect((await fetch(`${gateway.url}/mcp`, { method: 'POST' })).headers.get('www-authenticate')).toBe(
      'Bearer realm="agentyard"',
    );
    await gateway.writeDocument({ ...document, auth: authOf('https://gw.example.com/new') });
    await eventually(async () => (await fetch(`${gateway.url}${WELL_KNOWN}/new/mcp`)).status === 200);
  });

  it('lets the official client find its way: challenge, metadata, token of a real issuer, tools', async () => {
    const [logs, issuer] = [await startToolset('logs'), await OidcIssuer.start()];
    const offered = toolset('logs', ['echo', 'fail']);
    const tools = offered.tools.map((tool) => ({
      ...tool,
      allowedRoles: tool.name === 'echo' ? ['analyst'] : ['admin'],
    }));
    const document = documentOf({ auth: API_KEYS, toolsets: [{ ...offered, tools }] });
    const gateway = await startTestGateway({ document, hosts: { 'logs-pods:8080': [logs.address] } });
    const resource = { url: gateway.url, scopes: ['tools'] };
    const issuers = [issuer.entry({ audiences: [gateway.url] })];
    await gateway.writeDocument({ ...document, auth: { mode: 'credentials', issuers, resource } });
    await eventually(() => gateway.logs.some(({ event }) => event === 'reloaded'));

    const authProvider = new ClientCredentialsProvider({
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      expectedIssuer: issuer.url,
    });
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), { authProvider }));
    onCleanUp(() => client.close());
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo']);
    expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
      content: [{ type: 'text', text: 'logs: hi' }],
    });
    expect(logs.requests.at(-1)?.user).toMatchObject({ sub: CLIENT.id, idp: issuer.url, roles: ['analyst'] });
  });
});
