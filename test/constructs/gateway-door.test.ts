import {
  CertificateIssuer,
  ClusterProfile,
  Entry,
  ForwardingHeader,
  GatewayIngress,
  IngressController,
  OpenShiftRoute,
  ServingCertificate,
  TlsCertificate,
  type ServeTlsOptions,
} from 'agentyard';
import { ExposedGateway, genericCluster, INGRESS } from './exposed-gateway';
import type { Program } from './program';
import { warningsOf, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

describe('who comes in at a gateway', () => {
  silenceWarnings();

  const documentOf = (program: Program) => program.document('door-routes', 'gateway.json');

  it('is known by its URL, by the names of its Service, and by those that are given', () => {
    const cluster = genericCluster({ clusterDomain: 'corp.local' });
    const program = new ExposedGateway(cluster, { hostnames: ['mcp.internal.example.com', 'mcp.example.com'] });
    expect(documentOf(program).hosts).toEqual([
      'mcp.example.com',
      'mcp.internal.example.com',
      'door',
      'door.agents',
      'door.agents.svc',
      'door.agents.svc.corp.local',
    ]);
  });

  it('need not name an address or a port of its URL', () => {
    const program = new ExposedGateway(genericCluster(), { publicUrl: 'https://192.0.2.1:8443' });
    expect(documentOf(program).hosts[0]).toBe('door');
    const other = new ExposedGateway(genericCluster(), { publicUrl: 'https://mcp.example.com:8443' });
    expect(documentOf(other).hosts[0]).toBe('mcp.example.com');
  });

  it('lets pages of declared origins in, and takes in as much as it is told', () => {
    const intake = { connections: 100, streams: 50, streamsPerUser: 5, jsonDepth: 8, jsonMembers: 1_000 };
    const program = new ExposedGateway(genericCluster(), { allowedOrigins: ['https://app.example.com'], intake });
    expect(documentOf(program)).toMatchObject({ allowedOrigins: ['https://app.example.com'], intake });
    expect(documentOf(new ExposedGateway())).toMatchObject({
      allowedOrigins: [],
      intake: { connections: 20_000, streams: 15_000, streamsPerUser: 200, jsonDepth: 64, jsonMembers: 100_000 },
    });
  });

  it('believes the proxies of the cluster, or those of its own', () => {
    const cluster = genericCluster({ trustedProxies: { cidrs: ['10.1.0.0/16'] } });
    const header = 'x-forwarded-for';
    expect(documentOf(new ExposedGateway(cluster)).trustedProxies).toEqual({ cidrs: ['10.1.0.0/16'], header });
    const own = { cidrs: ['10.2.0.0/16', 'fd00::/64'], header: ForwardingHeader.FORWARDED };
    expect(documentOf(new ExposedGateway(cluster, { trustedProxies: own })).trustedProxies).toEqual({
      cidrs: own.cidrs,
      header: 'forwarded',
    });
    expect(documentOf(new ExposedGateway())).not.toHaveProperty('trustedProxies');
  });
});

describe('an ingress that calls a gateway by a name that is not known', () => {
  const warningFor = (props: { publicUrl?: string; hostnames?: string[]; entries: Entry[] }) =>
    warningsOf(() => new ExposedGateway(genericCluster(), { publicUrl: undefined, ...props }));

  it('is warned of', () => {
    for (const entries of [[Entry.fromIngressController(INGRESS)], [Entry.fromClusterIngress()]]) {
      expect(warningFor({ entries })).toContain('[GATEWAY_WITHOUT_HOST] chart/door');
      expect(warningFor({ entries, hostnames: ['mcp.example.com'] })).not.toContain('GATEWAY_WITHOUT_HOST');
      expect(warningFor({ entries, publicUrl: 'https://mcp.example.com' })).not.toContain('GATEWAY_WITHOUT_HOST');
    }
    expect(warningFor({ entries: [Entry.fromPods(INGRESS)] })).not.toContain('GATEWAY_WITHOUT_HOST');
  });
});

describe('a gateway that serves TLS itself', () => {
  silenceWarnings();

  const certificate = ServingCertificate.fromSecretName('door-own-tls');
  const serving = (more: Partial<ServeTlsOptions> = {}, cluster = genericCluster()) => {
    const program = new ExposedGateway(cluster);
    program.door.serveTls({ certificate, ...more });
    return program;
  };
  const podOf = (program: Program): Manifest => program.object('Deployment', 'door').spec.template.spec;

  it('mounts its certificate, and says where it is', () => {
    const program = serving();
    expect(program.document('door-routes', 'gateway.json').tls).toEqual({
      certificateFile: '/var/run/secrets/agentyard/tls/tls.crt',
      keyFile: '/var/run/secrets/agentyard/tls/tls.key',
    });
    const { volumes, containers } = podOf(program);
    expect(volumes).toContainEqual({
      name: 'serving-certificate',
      secret: {
        secretName: 'door-own-tls',
        defaultMode: 0o440,
        items: ['tls.crt', 'tls.key'].map((key) => ({ key, path: key })),
      },
    });
    expect(containers[0].volumeMounts).toContainEqual({
      name: 'serving-certificate',
      mountPath: '/var/run/secrets/agentyard/tls',
      readOnly: true,
    });
  });

  it('is probed by TLS, and its Services say so; another one is not', () => {
    const program = serving();
    const other = new ExposedGateway();
    const schemes = (p: Program) =>
      ['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => podOf(p).containers[0][probe].httpGet.scheme);
    expect([schemes(program), schemes(other)]).toEqual([
      ['HTTPS', 'HTTPS', 'HTTPS'],
      [undefined, undefined, undefined],
    ]);
    for (const name of ['door', 'door-pods']) {
      expect(program.object('Service', name).spec.ports).toEqual([
        { name: 'https', port: 8080, targetPort: 'http', protocol: 'TCP', appProtocol: 'https' },
      ]);
    }
    expect(podOf(other).volumes.map(({ name }: Manifest) => name)).not.toContain('serving-certificate');
  });

  it('asks clients for certificates of the given authorities', () => {
    const authorities = { configMapName: 'client-authorities' };
    const program = serving({ clientCertificates: { authorities } });
    expect(program.document('door-routes', 'gateway.json').tls.clients).toEqual({
      caFile: '/etc/agentyard-clients/ca.crt',
      required: true,
    });
    expect(podOf(program).volumes).toContainEqual({
      name: 'client-authorities',
      configMap: { name: 'client-authorities', items: [{ key: 'ca-certificates.crt', path: 'ca.crt' }] },
    });
    const optional = serving({
      clientCertificates: { authorities: { ...authorities, key: 'ca.pem' }, required: false },
    });
    expect(optional.document('door-routes', 'gateway.json').tls.clients.required).toBe(false);
  });

  it.each([
    ['nginx', IngressController.nginx(), 'nginx.ingress.kubernetes.io/backend-protocol', 'HTTPS'],
    ['haproxy', IngressController.haproxy(), 'haproxy.org/server-ssl', 'true'],
  ])('is called by TLS by %s, also when that is said after the Ingress', (_name, controller, annotation, value) => {
    const program = new ExposedGateway();
    new GatewayIngress(program.chart, 'way-in', { gateway: program.door, controller, certificate });
    expect(program.object('Ingress', 'way-in').metadata.annotations).not.toHaveProperty([annotation]);
    const late = new ExposedGateway();
    new GatewayIngress(late.chart, 'way-in', { gateway: late.door, controller, certificate });
    late.door.serveTls({ certificate });
    const { metadata, spec } = late.object('Ingress', 'way-in');
    expect(metadata.annotations[annotation]).toBe(value);
    expect(spec.rules[0].http.paths[0].backend.service).toEqual({ name: 'door', port: { name: 'https' } });
  });

  it('is called by TLS by the router of OpenShift', () => {
    const program = serving({}, ClusterProfile.openshift({ apiServer: { cidrs: ['10.0.0.1/32'] } }));
    const destinationAuthority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    new OpenShiftRoute(program.chart, 'way-in', { gateway: program.door, destinationAuthority });
    const { tls, port } = program.object('Route', 'way-in-mcp').spec;
    expect([tls.termination, tls.destinationCACertificate, port.targetPort]).toEqual([
      'reencrypt',
      destinationAuthority,
      'https',
    ]);
  });

  it('has a certificate for the names of its Service, where that is asked for', () => {
    const program = new ExposedGateway();
    const own = new TlsCertificate(program.chart, 'door-tls', {
      gateway: program.door,
      issuer: CertificateIssuer.fromClusterIssuerName('corp'),
      includesServiceNames: true,
    });
    program.door.serveTls({ certificate: ServingCertificate.fromCertificate(own) });
    expect(program.object('Certificate', 'door-tls').spec.dnsNames).toEqual([
      'mcp.example.com',
      'door',
      'door.agents',
      'door.agents.svc',
      'door.agents.svc.cluster.local',
    ]);
  });
});
