import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalPlatform, type LocalGateway } from '@agentyard/cli';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { invokeResponse, parseValue, type GatewayDocument } from 'agentyard/contract';
import {
  agent,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  startAgent,
  startTestGateway,
} from '../../gateway-runtime/test/fixture';
import { synthesis } from '../apps/synthesis';
import { silenceWarnings } from '../constructs/silence-warnings';
import { RUNTIMES } from '../e2e/local-program';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { freePort } from '../keycloak/process';
import { claimsOf, RealmClient } from '../keycloak/realm-client';
import { readManifests } from '../cluster/manifests';
import { TicketServer } from './ticket-server';

jest.setTimeout(120_000);
silenceWarnings();

const ROOT = path.join(__dirname, '../..');
const SAMPLE = path.join(ROOT, 'examples/log-analysis/sample');
const CLIENT = { clientId: 'mcp-gateway-client', redirectUri: 'http://127.0.0.1:4711/callback' };
const NIGHTLY_SECRET = 'the-secret-of-nightly';
const GATEWAY = { introspection: 'the-secret-that-asks', exchange: 'the-secret-that-exchanges' };
const ISSUED_BY = (url: string) => `${url}/realms/mcp-realm`;
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
  let tickets: TicketServer;
  let scope: string;

  beforeAll(async () => {
    const port = await freePort();
    tickets = await TicketServer.start();
    const files = synthesis(path.join(ROOT, 'apps/code-gateway.ts'), {
      CODE_GATEWAY_KEYCLOAK: `http://127.0.0.1:${port}`,
      CODE_GATEWAY_DELIVERY: 'file',
      CODE_GATEWAY_TEMPORARY_PASSWORDS: 'no',
      CODE_GATEWAY_INTROSPECTION: 'yes',
      CODE_GATEWAY_TICKETS: tickets.url,
    });
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(manifests, name), text);
    const file = readManifests(manifests).find(({ metadata }) => metadata.name === 'mcp-realm');
    const realmFiles = file?.data as Record<string, string>;
    keycloak = await Keycloak.start({
      port,
      realmFiles,
      environment: {
        REALM_MCP_REALM_CLIENT_MCP_NIGHTLY_SECRET: NIGHTLY_SECRET,
        REALM_MCP_REALM_CLIENT_MCP_MCP_GATEWAY_MCP_GATEWAY_SECRET: GATEWAY.introspection,
        REALM_MCP_REALM_CLIENT_EXCHANGE_MCP_GATEWAY_MCP_GATEWAY_SECRET: GATEWAY.exchange,
        ...Object.fromEntries(
          USERS.map(([user]) => [`REALM_MCP_REALM_USER_${user.toUpperCase()}_PASSWORD`, passwordOf(user)]),
        ),
      },
    });
    realm = new RealmClient(ISSUED_BY(keycloak.url));
    const secrets = path.join(manifests, 'gateway.env');
    writeFileSync(
      secrets,
      Object.entries(GATEWAY)
        .map((entry) => entry.join('='))
        .join('\n'),
    );
    const quiet = { out: () => undefined, err: () => undefined, color: false };
    const mounts = { 'user-logs': SAMPLE };
    platform = await LocalPlatform.start({
      manifestsDirectory: manifests,
      runtimes: RUNTIMES,
      port: 0,
      terminal: quiet,
      mounts,
      envFiles: { 'mcp-gateway-clients': secrets },
    });
    const metadata = await fetch(`${gateway().url}/.well-known/oauth-protected-resource`);
    [scope = ''] = ((await metadata.json()) as { scopes_supported: string[] }).scopes_supported;
  }, START_TIMEOUT);

  afterAll(async () => {
    await platform?.stop();
    await keycloak?.stop();
    await tickets?.stop();
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

  /** Tools that are not of the ticket system. */
  const ownToolsOf = async (client: Client) => {
    const names = (await client.listTools()).tools.map(({ name }) => name);
    return names.filter((name) => name in ARGUMENTS).sort();
  };

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
    expect(await ownToolsOf(client)).toEqual([...tools]);
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
    expect(await ownToolsOf(client)).toEqual(['log_store', 'privacy']);
    await client.close();
  });

  it('a token whose session has ended is refused, although it is signed and has not expired', async () => {
    const token = await tokenOf('ada');
    const [{ id }] = await keycloak.admin('GET', '/mcp-realm/users?username=ada&exact=true');
    await keycloak.admin('POST', `/mcp-realm/users/${id}/logout`);
    expect((await ask(token, 'x')).status).toBe(401);
    expect((await ask(await tokenOf('ada'), 'How many lines are there?')).status).toBe(200);
  });

  it('the ticket system is shown a token of the same user that is for it alone', async () => {
    const own = await tokenOf('lin');
    const client = await connected(own);
    await client.callTool({ name: 'open_ticket', arguments: {} });
    await client.close();
    const shown = tickets.shown.at(-1) ?? '';
    const keys = createRemoteJWKSet(new URL(`${ISSUED_BY(keycloak.url)}/protocol/openid-connect/certs`));
    const { payload } = await jwtVerify(shown, keys, { issuer: ISSUED_BY(keycloak.url), audience: 'tickets' });
    expect(payload).toMatchObject({ aud: 'tickets', sub: decodeJwt(own).sub });
    expect(tickets.shown).not.toContain(own);
    expect((await ask(shown, 'x')).status).toBe(401);
  });

  it('the ticket system is shown nothing for whoever has no token of the realm, or not the role', async () => {
    const before = tickets.shown.length;
    const [viewer, machine] = [await tokenOf('vic'), gateway().keysByRole.get('mcp-admin') ?? ''];
    for (const token of [viewer, machine]) {
      const client = await connected(token);
      const names = (await client.listTools()).tools.map(({ name }) => name);
      expect(names).not.toContain('open_ticket');
      await client.close();
    }
    expect(tickets.shown.length).toBe(before);
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

  describe('while the keys of the realm are rotated', () => {
    const component = (priority: number, more: object = {}) => ({
      name: `rsa-${priority}`,
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: { priority: [String(priority)], active: ['true'], enabled: ['true'], algorithm: ['RS256'], ...more },
    });

    const nightly = async () => {
      const grant = {
        grant_type: 'client_credentials',
        client_id: 'mcp-nightly',
        client_secret: NIGHTLY_SECRET,
        scope,
      };
      return (await realm.token(grant)).access_token ?? '';
    };

    /** Status of a call of a tool. */
    const call = async (token: string) => {
      const answer = await fetch(`${gateway().url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'privacy', arguments: ARGUMENTS.privacy },
        }),
      });
      await answer.text();
      return answer.status;
    };

    const kidOf = (token: string) => decodeProtectedHeader(token).kid;

    /** The gateway's checks of tokens without introspection, which reads the keys of the realm again and again. */
    const reading = async (): Promise<(token: string) => Promise<number>> => {
      const { auth } = gatewayDocumentIn(manifests);
      if (auth.mode !== 'credentials') throw new Error('the gateway of architecture D takes tokens');
      const issuers = auth.issuers.map((issuer) => ({ ...issuer, introspection: undefined }));
      const server = await startAgent('support');
      const started = await startTestGateway({
        document: documentOf({
          auth: { mode: 'credentials', issuers },
          agents: [agent('support')],
          routes: [byAgent('support')],
        }),
        hosts: { 'support-pods:8080': [server.address] },
        sources: { issuerPace: { refreshMs: 500 } },
      });
      return async (token) =>
        (await started.invoke({ agent: 'support', input: 'hi' }, { authorization: `Bearer ${token}` })).status;
    };

    afterEach(cleanUp);

    it('no request is refused, by old tokens or new ones; those by a removed key are, once keys are read again', async () => {
      const statusOf = await reading();
      const old = [await nightly(), ...(await Promise.all(USERS.map(([user]) => tokenOf(user))))];
      const [generated] = (
        await keycloak.admin('GET', '/mcp-realm/components?type=org.keycloak.keys.KeyProvider')
      ).filter(({ providerId }: { providerId: string }) => providerId === 'rsa-generated');
      const statuses: number[] = [];
      const kids = new Set<string | undefined>();
      let isOver = false;
      const byOld = async (token: string) => {
        while (!isOver) statuses.push(await call(token));
      };
      const byNew = async () => {
        while (!isOver) {
          const token = await nightly();
          kids.add(kidOf(token));
          statuses.push(await call(token));
        }
      };
      const running = Promise.all([...old.map(byOld), byNew(), byNew()]);
      const seen = (done: () => boolean) => eventually(done);
      await seen(() => statuses.length > 20);
      await keycloak.admin('POST', '/mcp-realm/components', component(200));
      await seen(() => kids.size === 2);
      const passive = { ...generated, config: { ...generated.config, active: ['false'] } };
      await keycloak.admin('PUT', `/mcp-realm/components/${generated.id}`, passive);
      const until = statuses.length + 20;
      await seen(() => statuses.length > until);
      isOver = true;
      await running;
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(old.map(kidOf).every((kid) => kid === kidOf(old[0]!))).toBe(true);

      expect(await statusOf(old[0]!)).toBe(200);
      await keycloak.admin('DELETE', `/mcp-realm/components/${generated.id}`);
      await eventually(async () => (await statusOf(old[0]!)) === 401);
      const fresh = await nightly();
      expect([await statusOf(fresh), await call(fresh)]).toEqual([200, 200]);
    });
  });
});

/** The document of the gateway among the manifests. */
function gatewayDocumentIn(manifests: string): GatewayDocument {
  const files = readManifests(manifests).map(({ data }) => data as Record<string, string> | undefined);
  const text = files.find((data) => data?.['gateway.json'] !== undefined)?.['gateway.json'];
  return JSON.parse(text ?? '') as GatewayDocument;
}
