import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalPlatform, type LocalGateway } from '@agentyard/cli';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { invokeResponse, parseValue } from 'agentyard/contract';
import { synthesis } from '../apps/synthesis';
import { silenceWarnings } from '../constructs/silence-warnings';
import { RUNTIMES } from '../e2e/local-program';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { freePort } from '../keycloak/process';
import { claimsOf, RealmClient } from '../keycloak/realm-client';
import { readManifests } from '../cluster/manifests';

jest.setTimeout(120_000);
silenceWarnings();

const ROOT = path.join(__dirname, '../..');
const SAMPLE = path.join(ROOT, 'examples/log-analysis/sample');
const CLIENT = { clientId: 'mcp-gateway-client', redirectUri: 'http://127.0.0.1:4711/callback' };
const NIGHTLY_SECRET = 'the-secret-of-nightly';
const passwordOf = (user: string) => `the-password-of-${user}`;

/** A user of each role, with the tools that the role may call. */
const USERS = [
  ['ada', 'mcp-admin', ['log_store', 'privacy']],
  ['lin', 'mcp-log-analyst', ['log_store', 'privacy']],
  ['vic', 'mcp-viewer', ['privacy']],
] as const;
const ARGUMENTS = {
  log_store: { operation: 'tail', limit: 1 },
  privacy: { operation: 'mask', text: 'Write to jane@example.com' },
} as const;
type Tool = keyof typeof ARGUMENTS;

/** Architecture D as it is synthesized, with its realm in a real Keycloak, and its runtimes as local processes. */
describe('apps/code-gateway.ts with a real Keycloak', () => {
  const manifests = mkdtempSync(path.join(tmpdir(), 'code-gateway-'));
  let keycloak: Keycloak;
  let realm: RealmClient;
  let platform: LocalPlatform;
  let scope: string;

  beforeAll(async () => {
    const port = await freePort();
    const files = synthesis(path.join(ROOT, 'apps/code-gateway.ts'), {
      CODE_GATEWAY_KEYCLOAK: `http://127.0.0.1:${port}`,
      CODE_GATEWAY_DELIVERY: 'file',
      CODE_GATEWAY_TEMPORARY_PASSWORDS: 'no',
    });
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(manifests, name), text);
    const file = readManifests(manifests).find(({ metadata }) => metadata.name === 'mcp-realm');
    const realmFiles = file?.data as Record<string, string>;
    keycloak = await Keycloak.start({
      port,
      realmFiles,
      environment: {
        REALM_MCP_REALM_CLIENT_MCP_NIGHTLY_SECRET: NIGHTLY_SECRET,
        ...Object.fromEntries(
          USERS.map(([user]) => [`REALM_MCP_REALM_USER_${user.toUpperCase()}_PASSWORD`, passwordOf(user)]),
        ),
      },
    });
    realm = new RealmClient(`${keycloak.url}/realms/mcp-realm`);
    const quiet = { out: () => undefined, err: () => undefined, color: false };
    const mounts = { 'user-logs': SAMPLE };
    platform = await LocalPlatform.start({
      manifestsDirectory: manifests,
      runtimes: RUNTIMES,
      port: 0,
      terminal: quiet,
      mounts,
    });
    const metadata = await fetch(`${gateway().url}/.well-known/oauth-protected-resource`);
    [scope = ''] = ((await metadata.json()) as { scopes_supported: string[] }).scopes_supported;
  }, START_TIMEOUT);

  afterAll(async () => {
    await platform?.stop();
    await keycloak?.stop();
    rmSync(manifests, { recursive: true, force: true });
  });

  const gateway = (): LocalGateway => platform.gateways[0]!;

  const tokenOf = async (user: string, scopes = scope): Promise<string> => {
    const answer = await realm.signIn(CLIENT, { username: user, password: passwordOf(user) }, scopes);
    return answer.access_token ?? '';
  };

  async function connected(token: string): Promise<Client> {
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway().url}/mcp`), { requestInit }));
    return client;
  }

  const ask = (token: string, input: string) =>
    fetch(`${gateway().url}/v1/invoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ agent: 'log-assistant', input }),
    });

  /** The tools that the agent calls for somebody, each with whether it failed. */
  const calledFor = async (token: string, input: string) => {
    const { toolCalls } = parseValue(invokeResponse, await (await ask(token, input)).json(), 'answer');
    return toolCalls.map(({ tool, isError }) => [tool, isError]);
  };

  it('tells clients where to get tokens, and which scope to ask for', async () => {
    const answer = await fetch(`${gateway().url}/mcp`, { method: 'POST' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
    expect(scope).toBe('mcp:mcp-gateway/mcp-gateway');
  });

  it.each(USERS)('%s, %s, lists and calls %j and nothing else', async (user, _role, tools) => {
    const client = await connected(await tokenOf(user));
    const listed = (await client.listTools()).tools.map(({ name }) => name);
    expect(listed.sort()).toEqual([...tools]);
    for (const name of Object.keys(ARGUMENTS) as Tool[]) {
      const call = client.callTool({ name, arguments: ARGUMENTS[name] });
      if ((tools as readonly string[]).includes(name)) expect((await call).isError).not.toBe(true);
      else await expect(call).rejects.toThrow(`Unknown tool: ${name}`);
    }
    await client.close();
  });

  it.each(USERS)('%s, %s, gets %j through the agent and nothing else', async (user, _role, tools) => {
    const token = await tokenOf(user);
    expect(await calledFor(token, 'Please mask this: write to jane@example.com')).toEqual([['privacy', false]]);
    const counted = await calledFor(token, 'How many lines are there?');
    expect(counted).toEqual((tools as readonly string[]).includes('log_store') ? [['log_store', false]] : []);
  });

  it('a service with client credentials has the tools of its role', async () => {
    const grant = { grant_type: 'client_credentials', client_id: 'mcp-nightly', client_secret: NIGHTLY_SECRET, scope };
    const { access_token: token = '' } = await realm.token(grant);
    const client = await connected(token);
    expect((await client.listTools()).tools.map(({ name }) => name).sort()).toEqual(['log_store', 'privacy']);
    await client.close();
  });

  it('a token of the same realm that is not for this gateway is refused', async () => {
    const token = await tokenOf('ada', 'openid');
    expect(token).not.toBe('');
    expect((await ask(token, 'x')).status).toBe(401);
  });

  it('API keys count beside tokens, each with its roles', async () => {
    const client = await connected(gateway().keysByRole.get('mcp-viewer') ?? '');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['privacy']);
    await client.close();
  });

  it('a role that is taken away counts until the token ends, and then no more', async () => {
    const before = claimsOf(await realm.signIn(CLIENT, { username: 'lin', password: passwordOf('lin') }, scope));
    expect(before.exp! - before.iat!).toBe(300);
    const [{ id }] = await keycloak.admin('GET', '/mcp-realm/users?username=lin&exact=true');
    const [role] = (await keycloak.admin('GET', `/mcp-realm/users/${id}/role-mappings/realm`)).filter(
      ({ name }: { name: string }) => name === 'mcp-log-analyst',
    );
    await keycloak.admin('DELETE', `/mcp-realm/users/${id}/role-mappings/realm`, [role]);
    const client = await connected(await tokenOf('lin'));
    expect((await client.listTools()).tools).toEqual([]);
    await client.close();
  });
});
