import {
  Auth,
  IntrospectedTokens,
  IntrospectionSecret,
  KeycloakExchangeClient,
  KeycloakRealm,
  McpServer,
  UpstreamCredentials,
  type OidcIntrospection,
} from 'agentyard';
import type { KubernetesObject } from 'agentyard/reachability';
import { Program } from '../../test/constructs/program';
import { silenceWarnings } from '../../test/constructs/silence-warnings';
import { between } from './fixtures/difference';

silenceWarnings();

const ISSUER = 'https://login.example.com';
const SECRET = IntrospectionSecret.fromSecretKey('gateway-client', 'client-secret');
const INTROSPECTION: OidcIntrospection = { endpoint: `${ISSUER}/introspect`, clientId: 'gateway', secret: SECRET };

function manifests(authOf: (program: Program) => Auth): KubernetesObject[] {
  const program = new Program();
  program.gateway('red', { auth: authOf(program), publicUrl: 'https://red.example.com' });
  return program.synth() as KubernetesObject[];
}

const oidc = (introspection?: Partial<OidcIntrospection>) =>
  manifests(() =>
    Auth.oidc({ issuer: ISSUER, introspection: introspection && { ...INTROSPECTION, ...introspection } }),
  );

const asksOf = (lines: readonly string[]) => lines.filter((line) => line.includes(ISSUER));

describe('agentyard diff tells of introspection', () => {
  it('that opaque tokens are let in, and no more', () => {
    const added = between(oidc(), oidc({}));
    expect(added.widened).toBe(true);
    expect(asksOf(added.lines)).toContain(`+ agents/red: lets in opaque tokens of ${ISSUER}`);
    expect(added.lines.filter((line) => line.includes('not judged'))).toEqual([]);
    expect(asksOf(between(oidc({}), oidc()).lines)).toContain(
      `- agents/red: no longer lets in opaque tokens of ${ISSUER}`,
    );
  });

  it('that tokens which were taken back count until they end, where JWTs are asked about no more', () => {
    const tokens = IntrospectedTokens.JWT;
    const removed = between(oidc({ tokens }), oidc());
    expect(removed.widened).toBe(true);
    expect(asksOf(removed.lines)).toContain(`+ agents/red: no longer has to ask ${ISSUER} whether tokens are active`);
    expect(asksOf(between(oidc(), oidc({ tokens })).lines)).toContain(
      `- agents/red: now has to ask ${ISSUER} whether tokens are active`,
    );
  });

  it('that another place, or another client, says whether tokens count', () => {
    for (const change of [{ endpoint: `${ISSUER}/other` }, { clientId: 'other' }]) {
      const { lines, widened } = between(oidc({}), oidc(change));
      expect(widened).toBe(true);
      expect(lines).toContain(`+ agents/red: where ${ISSUER} is asked about tokens: changed`);
    }
  });

  it('that a realm has a client for a gateway, which is in the audience of its tokens', () => {
    const realm = (introspection?: { readonly secret: IntrospectionSecret }) =>
      manifests((program) =>
        Auth.keycloak(new KeycloakRealm(program.chart, 'mcp', { hostname: 'sso.example.com' }), { introspection }),
      );
    const { lines } = between(realm(), realm({ secret: SECRET }));
    expect(lines).toEqual(
      expect.arrayContaining([
        '+ agents/mcp: has the client mcp:agents/red',
        '+ agents/mcp: issues tokens for mcp:agents/red to clients that ask for scope mcp:agents/red',
      ]),
    );
    expect(lines.filter((line) => line.includes('not judged'))).toEqual([]);
  });

  it('that a gateway may exchange tokens of a realm for tokens for a server', () => {
    const made = (isShown: boolean) => {
      const program = new Program();
      const realm = new KeycloakRealm(program.chart, 'mcp', { hostname: 'sso.example.com' });
      const credentials = isShown ? UpstreamCredentials.keycloakExchange(realm, 'crm') : undefined;
      const crm = McpServer.fromUrl(program.chart, 'crm', { url: 'https://crm.example.com/mcp', credentials });
      const auth = Auth.keycloak(realm, { tokenExchange: KeycloakExchangeClient.withSecret('exchange', 'secret') });
      program.gateway('red', { auth, publicUrl: 'https://red.example.com', mcpServers: [crm] });
      return program.synth() as KubernetesObject[];
    };
    const { lines, widened } = between(made(false), made(true));
    expect(widened).toBe(true);
    expect(lines).toEqual(
      expect.arrayContaining([
        '+ agents/mcp: has the client exchange:agents/red',
        '+ agents/mcp: issues tokens for crm to clients that ask for scope upstream:crm',
        '+ agents/mcp: lets client exchange:agents/red have scope upstream:crm',
      ]),
    );
  });
});
