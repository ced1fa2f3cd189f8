import {
  CertificateIssuer,
  ClusterProfile,
  OpenShiftRoute,
  ServingCertificate,
  TlsCertificate,
  type OpenShiftRouteProps,
} from 'agentyard';
import { ExposedGateway, genericCluster } from './exposed-gateway';
import { callersAt, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const METADATA = '/.well-known/oauth-protected-resource';

function exposed(publicUrl: string | undefined = 'https://mcp.example.com', props: Partial<OpenShiftRouteProps> = {}) {
  const program = new ExposedGateway(ClusterProfile.openshift(), { publicUrl });
  new OpenShiftRoute(program.chart, 'door-route', { gateway: program.door, ...props });
  return program;
}

const routesOf = (program: ExposedGateway): Manifest[] => program.synth().filter(({ kind }) => kind === 'Route');
const REWRITE = 'haproxy.router.openshift.io/rewrite-target';

describe('Routes of a gateway', () => {
  it('end TLS at the router and redirect what comes without', () => {
    const routes = routesOf(exposed());
    expect(routes).toHaveLength(4);
    for (const { apiVersion, spec } of routes) {
      expect(apiVersion).toBe('route.openshift.io/v1');
      expect(spec).toMatchObject({
        host: 'mcp.example.com',
        tls: { termination: 'edge', insecureEdgeTerminationPolicy: 'Redirect' },
        to: { kind: 'Service', name: 'door' },
        port: { targetPort: 'http' },
      });
    }
  });

  it('lead to what clients call, and to neither health nor metrics', () => {
    const routes = routesOf(exposed());
    expect(routes.map(({ metadata, spec }) => [metadata.name, spec.path])).toEqual([
      ['door-route-v1', '/v1'],
      ['door-route-a2a', '/a2a'],
      ['door-route-mcp', '/mcp'],
      ['door-route-metadata', METADATA],
    ]);
    for (const { metadata } of routes) expect(metadata.annotations).not.toHaveProperty([REWRITE]);
  });

  it('wait for the longest request', () => {
    for (const { metadata } of routesOf(exposed())) {
      expect(metadata.annotations['haproxy.router.openshift.io/timeout']).toBe('250s');
    }
  });

  it('take the path of the public URL away, but from the metadata, of which the gateway knows it', () => {
    const routes = routesOf(exposed('https://mcp.example.com/team-a'));
    expect(routes.map(({ metadata, spec }) => [spec.path, metadata.annotations[REWRITE]])).toEqual([
      ['/team-a/v1', '/v1'],
      ['/team-a/a2a', '/a2a'],
      ['/team-a/mcp', '/mcp'],
      [`${METADATA}/team-a`, undefined],
    ]);
  });

  it('let in the pods of the router', () => {
    expect(callersAt(exposed().object('NetworkPolicy', 'door').spec, 8080)).toEqual([
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-ingress' } },
        podSelector: {
          matchLabels: { 'ingresscontroller.operator.openshift.io/deployment-ingresscontroller': 'default' },
        },
      },
    ]);
  });

  it('show the router’s own certificate if none is given, and need no rights for it', () => {
    const program = exposed();
    expect(routesOf(program)[0].spec.tls).not.toHaveProperty('externalCertificate');
    const kinds = program.synth().filter(({ metadata }) => metadata.name.startsWith('door-route-'));
    expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set(['Route']));
  });

  it('let the router read the Secret with their certificate, and no other', () => {
    const program = exposed(undefined, { certificate: ServingCertificate.fromSecretName('door-tls') });
    expect(routesOf(program)[0].spec.tls.externalCertificate).toEqual({ name: 'door-tls' });
    expect(program.object('Role', 'door-route-certificate-reader').rules).toEqual([
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['door-tls'], verbs: ['get', 'list', 'watch'] },
    ]);
    expect(program.object('RoleBinding', 'door-route-certificate-reader')).toMatchObject({
      roleRef: { kind: 'Role', name: 'door-route-certificate-reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'router', namespace: 'openshift-ingress' }],
    });
  });

  it('get a certificate filled in by annotation', () => {
    const certificate = ServingCertificate.fromIssuer(CertificateIssuer.fromIssuerName('company'));
    const [route] = routesOf(exposed(undefined, { certificate }));
    expect(route.metadata.annotations).toMatchObject({
      'cert-manager.io/issuer-name': 'company',
      'cert-manager.io/issuer-kind': 'Issuer',
      'cert-manager.io/issuer-group': 'cert-manager.io',
    });
    expect(route.spec.tls).not.toHaveProperty('externalCertificate');
  });

  it('fail synth on a cluster that has no Routes, and without a public URL', () => {
    const program = new ExposedGateway(genericCluster(), { publicUrl: undefined });
    new OpenShiftRoute(program.chart, 'door-route', { gateway: program.door });
    expect(() => program.synth()).toThrow(/\[PUBLIC_URL_UNROUTABLE\] chart\/door-route/);
    expect(() => program.synth()).toThrow(/\[OPTION_UNSUPPORTED\] chart\/door-route.*"generic", which has no Routes/);
  });
});

describe('a certificate of a gateway', () => {
  const issued = (secretName?: string) => {
    const program = new ExposedGateway(ClusterProfile.openshift(), { publicUrl: 'https://mcp.example.com:8443/a' });
    const issuer = CertificateIssuer.fromClusterIssuerName('letsencrypt');
    const certificate = new TlsCertificate(program.chart, 'door-tls', { gateway: program.door, issuer, secretName });
    return { program, certificate };
  };

  it('is for its host, with a new key each time', () => {
    const { program, certificate } = issued();
    expect(certificate.secretName).toBe('door-tls');
    expect(program.object('Certificate', 'door-tls')).toMatchObject({
      apiVersion: 'cert-manager.io/v1',
      metadata: { namespace: 'agents' },
      spec: {
        dnsNames: ['mcp.example.com'],
        secretName: 'door-tls',
        issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer', group: 'cert-manager.io' },
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
        usages: ['digital signature', 'server auth'],
      },
    });
  });

  it('is what a Route shows, by the Secret that it is written to', () => {
    const { program, certificate } = issued('other');
    new OpenShiftRoute(program.chart, 'door-route', {
      gateway: program.door,
      certificate: ServingCertificate.fromCertificate(certificate),
    });
    expect(program.object('Certificate', 'door-tls').spec.secretName).toBe('other');
    expect(routesOf(program)[0].spec.tls.externalCertificate).toEqual({ name: 'other' });
  });

  it('fails synth without a host, and with an issuer that has no name', () => {
    const program = new ExposedGateway(genericCluster(), { publicUrl: undefined });
    const issuer = CertificateIssuer.fromIssuerName('company');
    new TlsCertificate(program.chart, 'door-tls', { gateway: program.door, issuer });
    expect(() => program.synth()).toThrow(/\[PUBLIC_URL_UNROUTABLE\] chart\/door-tls: chart\/door has no publicUrl/);
    expect(() => CertificateIssuer.fromClusterIssuerName('Let’s Encrypt')).toThrow(/\[NAME_INVALID\]/);
    expect(() => ServingCertificate.fromSecretName('')).toThrow(/\[NAME_INVALID\]/);
  });
});
