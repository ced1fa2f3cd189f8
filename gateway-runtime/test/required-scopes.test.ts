import type { GatewayDocumentInput } from 'agentyard/contract';
import { agent, byAgent, cleanUp, documentOf, logLine, startAgent, startTestGateway } from './fixture';
import { IntrospectingIssuer } from './introspecting-issuer';
import { SECRET_PATH } from './oidc-issuer';
import { AUDIENCE, TestIssuer } from './test-issuer';

afterEach(cleanUp);

const METADATA = 'https://gateway.example.com/.well-known/oauth-protected-resource';
const REQUIRED = ['mcp.read', 'mcp.use'];

type Issuer = Extract<GatewayDocumentInput['auth'], { mode: 'credentials' }>['issuers'];

/** A gateway that takes tokens of an issuer if they have both scopes. */
async function gatewayOf(issuers: Issuer, resource?: { readonly url: string; readonly scopes: string[] }) {
  const server = await startAgent('support');
  const gateway = await startTestGateway({
    document: documentOf({
      auth: { mode: 'credentials', issuers, resource },
      agents: [agent('support')],
      routes: [byAgent('support')],
    }),
    hosts: { 'support-pods:8080': [server.address] },
    files: { [SECRET_PATH]: 'the-secret' },
  });
  const ask = (token: string) =>
    gateway.invoke({ agent: 'support', input: 'hi' }, { authorization: `Bearer ${token}` });
  return { gateway, server, ask };
}

describe('an issuer whose tokens must have scopes', () => {
  it.each<[string, object]>([
    ['as one text', { scope: 'openid mcp.use mcp.read' }],
    ['as a text that some issuers call otherwise', { scp: 'mcp.read mcp.use' }],
    ['as a list', { scp: ['mcp.read', 'other', 'mcp.use'] }],
  ])('lets in who has them all, %s', async (_case, claims) => {
    const issuer = await TestIssuer.start();
    const { ask } = await gatewayOf([issuer.entry({ requiredScopes: REQUIRED })]);
    expect((await ask(await issuer.sign({ ...claims }))).status).toBe(200);
  });

  it.each<[string, object, string]>([
    ['none', {}, 'mcp.read mcp.use'],
    ['another one', { scope: 'openid' }, 'mcp.read mcp.use'],
    ['one of two', { scope: 'mcp.use' }, 'mcp.read'],
    ['one that only begins like it', { scope: 'mcp.reader mcp.use' }, 'mcp.read'],
    ['one in other letters', { scope: 'MCP.READ mcp.use' }, 'mcp.read'],
    ['what is no text', { scope: 7, scp: ['mcp.read', 'mcp.use'] }, 'mcp.read mcp.use'],
    ['a list with something else', { scp: ['mcp.read', 'mcp.use', 7] }, 'mcp.read mcp.use'],
  ])('asks who has %s for a token with all of them at once', async (_case, claims, missing) => {
    const issuer = await TestIssuer.start();
    const resource = { url: AUDIENCE, scopes: ['mcp.read', 'mcp.use', 'profile'] };
    const { ask, gateway, server } = await gatewayOf([issuer.entry({ requiredScopes: REQUIRED })], resource);
    const answer = await ask(await issuer.sign({ ...claims }));
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'scope-missing', detail: `It lacks: ${missing}.` });
    const parameters = [
      'realm="agentyard"',
      'error="insufficient_scope"',
      'scope="mcp.read mcp.use profile"',
      `resource_metadata="${METADATA}"`,
    ];
    expect(answer.headers.get('www-authenticate')).toBe(`Bearer ${parameters.join(', ')}`);
    expect(await logLine(gateway, 'decision')).toMatchObject({
      decision: 'denied',
      reason: 'scope-missing',
      auth: 'access-token',
      issuer: issuer.url,
    });
    expect(server.requests).toHaveLength(0);
  });

  it.each<[string, string, number]>([
    ['one that stands for both', 'mcp.admin', 200],
    ['one that stands for one of them, and the other', 'mcp.write mcp.read', 200],
    ['one that stands for one of them', 'mcp.write', 403],
    ['one that the broad one stands for', 'mcp.read', 403],
    ['a name that every object has', 'constructor __proto__ toString', 403],
  ])('takes a broader scope for narrower ones: %s', async (_case, granted, status) => {
    const issuer = await TestIssuer.start();
    const impliedScopes = { 'mcp.admin': ['mcp.write', 'mcp.read'], 'mcp.write': ['mcp.use'], 'mcp.use': ['mcp.use'] };
    const { ask } = await gatewayOf([issuer.entry({ requiredScopes: REQUIRED, impliedScopes })]);
    const answer = await ask(await issuer.sign({ scope: granted }));
    expect(answer.status).toBe(status);
    // What to ask for is what is needed, and not what would be more.
    if (status === 403) expect(answer.headers.get('www-authenticate')).toContain('scope="mcp.read mcp.use"');
  });

  it('names them also where clients are told nothing of the gateway', async () => {
    const issuer = await TestIssuer.start();
    const { ask } = await gatewayOf([issuer.entry({ requiredScopes: REQUIRED })]);
    const answer = await ask(await issuer.sign());
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="agentyard", error="insufficient_scope", scope="mcp.read mcp.use"',
    );
  });

  it('is believed about opaque tokens, and about JWTs as long as it says that they have the scopes', async () => {
    const issuer = await IntrospectingIssuer.start();
    const { ask } = await gatewayOf([issuer.entry('all', { requiredScopes: REQUIRED })]);
    const jwt = await issuer.issuer.sign({ scope: REQUIRED.join(' ') });
    expect([(await ask('opaque-1')).status, (await ask(jwt)).status]).toEqual([403, 403]);
    issuer.says = { scope: REQUIRED.join(' ') };
    expect((await ask('opaque-2')).status).toBe(200);
    const another = await issuer.issuer.sign({ scope: REQUIRED.join(' '), jti: 'another' });
    expect((await ask(another)).status).toBe(200);
  });

  it('says nothing of scopes to whoever shows a token that is no good', async () => {
    const issuer = await TestIssuer.start();
    const { ask } = await gatewayOf([issuer.entry({ requiredScopes: REQUIRED })]);
    for (const token of [await issuer.sign({ aud: 'other' }), await issuer.sign({ exp: 1 })]) {
      const answer = await ask(token);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="agentyard", error="invalid_token"',
      ]);
    }
  });

  it('leaves tokens of other issuers alone', async () => {
    const [strict, other] = [await TestIssuer.start(), await TestIssuer.start()];
    const { ask } = await gatewayOf([strict.entry({ requiredScopes: REQUIRED }), other.entry()]);
    expect([(await ask(await strict.sign())).status, (await ask(await other.sign())).status]).toEqual([403, 200]);
  });
});
