import {
  ApiKeys,
  Auth,
  ClusterProfile,
  Egress,
  IntrospectedTokens,
  IntrospectionSecret,
  KeycloakAdministrator,
  KeycloakDelivery,
  KeycloakRealm,
  KeycloakServer,
  Peer,
  type KeycloakRealmProps,
  type OidcOptions,
} from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const SECRET = IntrospectionSecret.fromSecretKey('gateway-client', 'client-secret');
const PUBLIC_URL = 'https://red.example.com';
const ISSUER = 'https://login.example.com';
const administrator = KeycloakAdministrator.fromSecretName('keycloak-administrator');

/** A program with the gateway `red`. */
function gatewayWith(authOf: (program: Program) => Auth, profile?: ClusterProfile) {
  const program = new Program('agents', profile);
  program.gateway('red', { auth: authOf(program), publicUrl: PUBLIC_URL });
  const issuers = () => program.document('red-routes', 'gateway.json').auth.issuers;
  const volumes = (): any[] => program.object('Deployment', 'red').spec.template.spec.volumes;
  return { program, issuers, volumes };
}

const realmOf = (program: Program, props: Partial<KeycloakRealmProps> = {}) =>
  new KeycloakRealm(program.chart, 'mcp', { hostname: 'sso.example.com', ...props });

describe('a gateway that asks an OpenID Connect provider about tokens', () => {
  const introspection = { endpoint: `${ISSUER}/introspect`, clientId: 'gateway', secret: SECRET };

  it('is told the client and where its secret is mounted, and never the secret', () => {
    const { program, issuers, volumes } = gatewayWith(() => Auth.oidc({ issuer: ISSUER, introspection }));
    const [{ introspection: told }] = issuers();
    expect(told).toEqual({
      endpoint: 'https://login.example.com/introspect',
      clientId: 'gateway',
      credentials: { clientSecretFile: expect.stringMatching(/^\/var\/run\/secrets\/.+\/client-secret$/) },
      tokens: 'opaque',
    });
    const volume = volumes().find(({ secret }) => secret?.secretName === 'gateway-client');
    expect(volume).toEqual({
      name: expect.stringMatching(/^introspection-[0-9a-f]{10}$/),
      secret: {
        secretName: 'gateway-client',
        items: [{ key: 'client-secret', path: 'client-secret' }],
        defaultMode: 0o440,
      },
    });
    const [container] = program.object('Deployment', 'red').spec.template.spec.containers;
    expect(container.volumeMounts).toContainEqual({
      name: volume.name,
      mountPath: told.credentials.clientSecretFile.replace('/client-secret', ''),
      readOnly: true,
    });
  });

  it('says of which tokens', () => {
    const tokens = IntrospectedTokens.ALL;
    const { issuers } = gatewayWith(() => Auth.oidc({ issuer: ISSUER, introspection: { ...introspection, tokens } }));
    expect(issuers()[0].introspection.tokens).toBe('all');
  });

  it('does not, unless that is said', () => {
    const { issuers, volumes } = gatewayWith(() => Auth.oidc({ issuer: ISSUER }));
    expect(issuers()[0]).not.toHaveProperty('introspection');
    expect(JSON.stringify(volumes())).not.toContain('introspection');
  });

  it('may ask several of them, beside API keys, each with a secret of its own', () => {
    const others = ['https://one.example.com', 'https://two.example.com'].map((issuer, i) =>
      Auth.oidc({
        issuer,
        introspection: {
          ...introspection,
          secret: IntrospectionSecret.fromSecretKey(`client-${i}`, 'secret'),
          tokens: IntrospectedTokens.JWT,
        },
      }),
    );
    const { issuers, volumes } = gatewayWith(() =>
      Auth.anyOf(Auth.oidc({ issuer: ISSUER, introspection }), ...others, Auth.apiKeys(ApiKeys.fromSecretName('keys'))),
    );
    const files = issuers().map((one: any) => one.introspection.credentials.clientSecretFile);
    expect(new Set(files).size).toBe(3);
    const secrets = volumes().flatMap(({ secret }) => secret?.secretName ?? []);
    expect(secrets).toEqual(expect.arrayContaining(['gateway-client', 'client-0', 'client-1', 'keys']));
  });

  it.each<[string, Partial<OidcOptions>, string[]]>([
    ['the host of the keys', {}, ['login.example.com']],
    [
      'and another host, if it is there',
      { introspection: { ...introspection, endpoint: 'https://ask.example.com/token' } },
      ['ask.example.com', 'login.example.com'],
    ],
  ])('reaches %s', (_, options, hosts) => {
    const profile = ClusterProfile.generic({ egress: Egress.cilium() });
    const auth = () => Auth.oidc({ issuer: ISSUER, introspection, ...options });
    const { program } = gatewayWith(auth, profile);
    const policies = JSON.stringify(program.synth().filter(({ kind }) => kind === 'CiliumNetworkPolicy'));
    const rules = [...policies.matchAll(/"toFQDNs":\[[^\]]*\]/g)].join();
    const opened = new Set([...rules.matchAll(/"matchName":"([^"]+)"/g)].map(([, host]) => host));
    expect([...opened].sort()).toEqual(hosts);
  });

  it('reaches pods at the port of the endpoint, too', () => {
    const peer = Peer.pods({ namespace: 'dex', podLabels: { app: 'dex' } });
    const options = { jwksUri: 'http://dex.dex.svc:5556/keys', peer };
    const endpoint = 'http://dex.dex.svc:5557/introspect';
    const { program } = gatewayWith(() =>
      Auth.oidc({ issuer: ISSUER, ...options, introspection: { ...introspection, endpoint } }),
    );
    const policies = JSON.stringify(program.synth().filter(({ kind }) => kind === 'NetworkPolicy'));
    for (const port of [5556, 5557]) expect(policies).toContain(`"port":${port}`);
  });
});

describe('a gateway that asks a Keycloak about tokens', () => {
  const auth = (props: Partial<KeycloakRealmProps> = {}) => {
    return (program: Program) => Auth.keycloak(realmOf(program, props), { introspection: { secret: SECRET } });
  };

  it('is a client that the realm makes, with the secret that the gateway mounts', () => {
    const { program, issuers } = gatewayWith(auth());
    expect(issuers()[0].introspection).toMatchObject({
      endpoint: 'https://sso.example.com/realms/mcp/protocol/openid-connect/token/introspect',
      clientId: 'mcp:agents/red',
      tokens: 'jwt',
    });
    const { clients } = JSON.parse(program.object('ConfigMap', 'mcp').data['mcp-realm.json'] as string);
    const client = clients.find(({ clientId }: { clientId: string }) => clientId === 'mcp:agents/red');
    expect(client.secret).toMatch(/^\$\{REALM_MCP_CLIENT_MCP_AGENTS_RED_SECRET:/);
    expect(client.attributes['agentyard.owner']).toBe('program');
  });

  it('takes the audience of its public URL, and not the one by which Keycloak lets it ask', () => {
    const { issuers } = gatewayWith(auth());
    expect(issuers()[0].audiences).toEqual([PUBLIC_URL]);
  });

  it('has its secret in the variables of the realm, of the operator and of the job', () => {
    const variable = 'REALM_MCP_CLIENT_MCP_AGENTS_RED_SECRET';
    const delivery = KeycloakDelivery.byOperator({ instanceName: 'sso' });
    const { program } = gatewayWith(auth({ delivery, administrator }));
    expect(program.object('KeycloakRealmImport', 'mcp').spec.placeholders).toEqual({
      [variable]: { secret: { name: 'gateway-client', key: 'client-secret' } },
    });
    const job = program.object('CronJob', 'mcp-sync').spec.jobTemplate.spec.template.spec.containers[0];
    expect(job.env).toContainEqual({
      name: variable,
      valueFrom: { secretKeyRef: { name: 'gateway-client', key: 'client-secret' } },
    });
  });

  it.each([
    ['outside of the cluster', {}],
    [
      'in the cluster',
      {
        server: KeycloakServer.inCluster({ namespace: 'sso', serviceName: 'kc', podLabels: { app: 'kc' }, port: 8443 }),
      },
    ],
  ])('%s asks where it reads keys, and opens nothing more', (_, props) => {
    const profile = () => ClusterProfile.generic({ egress: Egress.cilium() });
    const policiesOf = (program: Program) =>
      program.synth().filter(({ kind }) => /NetworkPolicy$/.test(kind as string));
    const asking = gatewayWith(auth(props), profile());
    const silent = gatewayWith((program) => Auth.keycloak(realmOf(program, props)), profile());
    expect(policiesOf(asking.program)).toEqual(policiesOf(silent.program));
    const [{ jwksUri, introspection }] = asking.issuers();
    expect(new URL(introspection.endpoint as string).origin).toBe(new URL(jwksUri as string).origin);
  });

  it('names a client of its own in a realm that is administered elsewhere', () => {
    const { issuers } = gatewayWith((program) => {
      const realm = KeycloakRealm.fromIssuer(program.chart, 'acme', {
        issuer: 'https://sso.example.com/auth/realms/acme',
        roles: [],
        audiences: [{ audience: PUBLIC_URL, scope: 'red' }],
      });
      return Auth.keycloak(realm, { introspection: { secret: SECRET, clientId: 'red-gateway' } });
    });
    expect(issuers()[0].introspection).toMatchObject({
      endpoint: 'https://sso.example.com/auth/realms/acme/protocol/openid-connect/token/introspect',
      clientId: 'red-gateway',
    });
  });

  it('does not, unless that is said: the realm has no client and no second audience for it', () => {
    const { program, issuers } = gatewayWith((made) => Auth.keycloak(realmOf(made)));
    expect(issuers()[0]).not.toHaveProperty('introspection');
    const text = program.object('ConfigMap', 'mcp').data['mcp-realm.json'] as string;
    expect(text).not.toContain('introspection audience');
    expect(text).not.toContain('"clientId": "mcp:');
  });
});
