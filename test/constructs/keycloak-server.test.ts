import {
  Auth,
  ClusterProfile,
  Egress,
  KeycloakAdministrator,
  KeycloakDatabaseVendor,
  KeycloakDelivery,
  KeycloakInstance,
  KeycloakRealm,
  KeycloakServer,
  Peer,
  PlatformNamespace,
  PodSecurityLevel,
  type KeycloakInstanceProps,
  type PlatformNamespaceProps,
} from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const DATABASE = { host: 'keycloak-db.data.svc', secretName: 'keycloak-db' };
const administrator = KeycloakAdministrator.fromSecretName('keycloak-administrator');

/** A realm with a gateway and a job, and what these two may reach. */
function reached(hostname: string, server: KeycloakServer | undefined, profile?: ClusterProfile) {
  const program = new Program('agents', profile);
  const realm = new KeycloakRealm(program.chart, 'mcp', { hostname, server, administrator });
  program.gateway('gw', { auth: Auth.keycloak(realm), publicUrl: 'https://gw.example.com' });
  const egressOf = (kind: string, name: string) => program.object(kind, name).spec.egress as unknown[];
  return {
    program,
    egressOf,
    jwksUri: program.document('gw-routes', 'gateway.json').auth.issuers[0].jwksUri as string,
    keycloakUrl: program.document('mcp-sync', 'keycloak-realm-sync.json').keycloakUrl as string,
  };
}

describe('a Keycloak outside of the cluster', () => {
  const profile = () => ClusterProfile.generic({ egress: Egress.cilium() });
  /** Policies by name of the gateway and the job. */
  const policiesOf = (program: Program) =>
    program.synth().filter(({ metadata }) => ['gw-egress', 'mcp-sync-egress'].includes(metadata.name as string));

  it('is opened by name to gateway and job', () => {
    const { program, jwksUri, keycloakUrl } = reached('https://sso.example.com:8443/auth', undefined, profile());
    expect(jwksUri).toBe('https://sso.example.com:8443/auth/realms/mcp/protocol/openid-connect/certs');
    expect(keycloakUrl).toBe('https://sso.example.com:8443/auth');
    const policies = policiesOf(program);
    expect(policies).toHaveLength(2);
    for (const { kind, spec } of policies) {
      expect(kind).toBe('CiliumNetworkPolicy');
      expect(JSON.stringify(spec)).toContain('"toFQDNs":[{"matchName":"sso.example.com"}]');
      expect(JSON.stringify(spec)).toContain('"port":"8443"');
    }
  });

  it('may be at private addresses, if they are named', () => {
    const server = KeycloakServer.external({ privateEndpoints: [Peer.cidr('10.1.2.0/24')] });
    const program = new Program('agents');
    const realm = new KeycloakRealm(program.chart, 'mcp', { hostname: 'sso.corp.example.com', server });
    program.gateway('gw', { auth: Auth.keycloak(realm), publicUrl: 'https://gw.example.com' });
    expect(program.app.synthYaml()).toContain('10.1.2.0/24');
  });

  it('on loopback needs no opening', () => {
    const { program, jwksUri } = reached('http://localhost:8080', undefined, profile());
    expect(jwksUri).toBe('http://localhost:8080/realms/mcp/protocol/openid-connect/certs');
    expect(JSON.stringify(policiesOf(program))).not.toContain('toFQDNs');
  });
});

describe('a Keycloak in the cluster', () => {
  const podsAt = (namespace: string, matchLabels: object, port: number) => ({
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        podSelector: { matchLabels },
      },
    ],
    ports: [{ protocol: 'TCP', port }],
  });

  it('is reached past its host name, at the ports of its pods', () => {
    const server = KeycloakServer.inCluster({
      namespace: 'identity',
      serviceName: 'sso',
      podLabels: { app: 'sso' },
      port: 80,
      targetPort: 8080,
      tls: false,
    });
    const { egressOf, jwksUri, keycloakUrl } = reached('https://example.com/auth', server);
    expect(jwksUri).toBe('http://sso.identity.svc/auth/realms/mcp/protocol/openid-connect/certs');
    expect(keycloakUrl).toBe('http://sso.identity.svc/auth');
    for (const name of ['gw', 'mcp-sync']) {
      expect(egressOf('NetworkPolicy', name)).toContainEqual(podsAt('identity', { app: 'sso' }, 8080));
    }
  });

  it.each([
    [true, 'https://sso-service.identity.svc:8443', 8443],
    [false, 'http://sso-service.identity.svc:8080', 8080],
  ])('of the operator is at its Service (TLS: %s)', (tls, url, port) => {
    const server = KeycloakServer.ofOperator({ namespace: 'identity', instanceName: 'sso', tls });
    const { egressOf, keycloakUrl } = reached('sso.example.com', server);
    expect(keycloakUrl).toBe(url);
    const labels = { app: 'keycloak', 'app.kubernetes.io/instance': 'sso' };
    expect(egressOf('NetworkPolicy', 'mcp-sync')).toContainEqual(podsAt('identity', labels, port));
  });

  it('is all that the job may reach beside DNS, and nobody reaches the job', () => {
    const server = KeycloakServer.ofOperator({ namespace: 'identity', instanceName: 'sso' });
    const { program } = reached('sso.example.com', server);
    const { spec } = program.object('NetworkPolicy', 'mcp-sync');
    expect(spec.egress).toHaveLength(2);
    expect(spec.ingress).toBeUndefined();
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
  });

  it.each([
    ['all pods of a namespace', { podLabels: {} }, 'PEER_INVALID'],
    ['a port that is none', { port: 0 }, 'PORT_INVALID'],
    ['a namespace that is none', { namespace: 'Identity' }, 'NAME_INVALID'],
  ])('is not %s', (_, wrong, code) => {
    const right = { namespace: 'identity', serviceName: 'sso', podLabels: { app: 'sso' }, port: 8443 };
    expect(() => KeycloakServer.inCluster({ ...right, ...wrong })).toThrow(`[${code}]`);
  });
});

describe('a Keycloak that the operator runs', () => {
  function keycloak(props: Partial<KeycloakInstanceProps> = {}) {
    const program = new Program('identity');
    const instance = new KeycloakInstance(program.chart, 'sso', {
      hostname: 'sso.example.com',
      database: DATABASE,
      ...props,
    });
    return { program, instance, spec: () => program.object('Keycloak', 'sso').spec };
  }

  it('speaks HTTP behind a proxy by default, to two pods and PostgreSQL', () => {
    expect(keycloak().spec()).toEqual({
      instances: 2,
      hostname: { hostname: 'https://sso.example.com', strict: true },
      http: { httpEnabled: true },
      proxy: { headers: 'xforwarded' },
      ingress: { enabled: false },
      db: {
        vendor: 'postgres',
        host: 'keycloak-db.data.svc',
        database: 'keycloak',
        usernameSecret: { name: 'keycloak-db', key: 'username' },
        passwordSecret: { name: 'keycloak-db', key: 'password' },
      },
    });
  });

  it('takes all that is said of it', () => {
    const { spec } = keycloak({
      hostname: 'https://example.com/auth',
      instances: 3,
      image: 'registry.example.com/keycloak:26.7.3',
      tlsSecretName: 'sso-tls',
      ingressClassName: 'openshift-default',
      administrator,
      database: {
        ...DATABASE,
        vendor: KeycloakDatabaseVendor.MARIADB,
        port: 3307,
        database: 'sso',
        usernameKey: 'user',
        passwordKey: 'pass',
      },
    });
    expect(spec()).toEqual({
      instances: 3,
      image: 'registry.example.com/keycloak:26.7.3',
      hostname: { hostname: 'https://example.com/auth', strict: true },
      http: { tlsSecret: 'sso-tls' },
      proxy: { headers: 'xforwarded' },
      ingress: { enabled: true, className: 'openshift-default' },
      bootstrapAdmin: { service: { secret: 'keycloak-administrator' } },
      additionalOptions: [{ name: 'http-relative-path', value: '/auth' }],
      db: {
        vendor: 'mariadb',
        host: 'keycloak-db.data.svc',
        port: 3307,
        database: 'sso',
        usernameSecret: { name: 'keycloak-db', key: 'user' },
        passwordSecret: { name: 'keycloak-db', key: 'pass' },
      },
    });
  });

  it('is where a realm of it comes to', () => {
    const { program, instance } = keycloak({ tlsSecretName: 'sso-tls' });
    const realm = new KeycloakRealm(program.chart, 'mcp', {
      hostname: 'sso.example.com',
      server: instance.server,
      delivery: KeycloakDelivery.instance(instance),
    });
    program.gateway('gw', { auth: Auth.keycloak(realm), publicUrl: 'https://gw.example.com' });
    expect(program.object('KeycloakRealmImport', 'mcp').spec.keycloakCRName).toBe('sso');
    expect(program.document('gw-routes', 'gateway.json').auth.issuers[0]).toMatchObject({
      issuer: 'https://sso.example.com/realms/mcp',
      jwksUri: 'https://sso-service.identity.svc:8443/realms/mcp/protocol/openid-connect/certs',
    });
  });

  it.each<[string, Partial<KeycloakInstanceProps>, string]>([
    ['a number of pods that is none', { instances: 1.5 }, 'REPLICAS_INVALID'],
    ['a host name that is none', { hostname: '*.example.com' }, 'REALM_INVALID'],
    ['a port of the database that is none', { database: { ...DATABASE, port: 70_000 } }, 'PORT_INVALID'],
    ['a host of the database that is none', { database: { ...DATABASE, host: 'db:5432' } }, 'REALM_INVALID'],
    ['an entry that no Secret has', { database: { ...DATABASE, passwordKey: 'pass word' } }, 'NAME_INVALID'],
    ['an ingress class that is none', { ingressClassName: 'Open Shift' }, 'NAME_INVALID'],
    ['a Secret that is none', { database: { ...DATABASE, secretName: 'Keycloak DB' } }, 'NAME_INVALID'],
  ])('is refused with %s', (_, props, code) => {
    const { program } = keycloak(props);
    expect(() => program.synth()).toThrow(`[${code}] chart/sso`);
  });

  it('is refused in a namespace that would not admit its pods', () => {
    const { program } = keycloak();
    new PlatformNamespace(program.chart, 'namespace');
    expect(() => program.synth()).toThrow('[SECURITY_FORBIDDEN] chart/sso: chart/namespace admits only pods');
  });

  it.each<[string, ClusterProfile, PlatformNamespaceProps]>([
    ['of a lower level', ClusterProfile.generic(), { podSecurity: PodSecurityLevel.BASELINE }],
    ['of another name', ClusterProfile.generic(), { name: 'other' }],
    ['of OpenShift, which says it of all pods', ClusterProfile.openshift(), {}],
  ])('stands beside a namespace %s', (_, profile, props) => {
    const program = new Program('identity', profile);
    new KeycloakInstance(program.chart, 'sso', { hostname: 'sso.example.com', database: DATABASE });
    new PlatformNamespace(program.chart, 'namespace', props);
    expect(program.object('Keycloak', 'sso')).toBeDefined();
  });
});
