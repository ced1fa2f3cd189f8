import { Chart } from 'cdk8s';
import {
  Auth,
  CertificateIssuer,
  ClusterProfile,
  GatewayIngress,
  IngressController,
  ServingCertificate,
  type GatewayIngressProps,
} from 'agentyard';
import { ExposedGateway, genericCluster, INGRESS } from './exposed-gateway';
import { callersAt, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const TEAM = { publicUrl: 'https://mcp.example.com/team-a' };

function exposed(program: ExposedGateway, props: Partial<GatewayIngressProps> = {}): Manifest {
  new GatewayIngress(program.chart, 'door-ingress', {
    gateway: program.door,
    controller: IngressController.nginx(),
    certificate: ServingCertificate.fromSecretName('door-tls'),
    ...props,
  });
  return program.object('Ingress', 'door-ingress');
}

const pathsOf = (ingress: Manifest) =>
  ingress.spec.rules[0].http.paths.map(({ path, pathType }: Manifest) => `${pathType} ${path}`);
const METADATA = '/.well-known/oauth-protected-resource';

describe('an Ingress of a gateway', () => {
  it('serves the host of its public URL, by TLS', () => {
    const { spec } = exposed(new ExposedGateway());
    expect(spec.ingressClassName).toBe('nginx');
    expect(spec.tls).toEqual([{ hosts: ['mcp.example.com'], secretName: 'door-tls' }]);
    expect(spec.rules.map(({ host }: Manifest) => host)).toEqual(['mcp.example.com']);
  });

  it('leaves out the port of the public URL, which is the load balancer’s', () => {
    const program = new ExposedGateway(genericCluster(), { publicUrl: 'https://mcp.example.com:8443' });
    expect(exposed(program).spec.rules[0].host).toBe('mcp.example.com');
  });

  it('routes what clients call to the port of the Service, and neither health nor metrics', () => {
    const ingress = exposed(new ExposedGateway());
    expect(pathsOf(ingress)).toEqual([
      'ImplementationSpecific /v1',
      'ImplementationSpecific /a2a',
      'ImplementationSpecific /mcp',
      `ImplementationSpecific ${METADATA}`,
    ]);
    for (const { backend } of ingress.spec.rules[0].http.paths) {
      expect(backend).toEqual({ service: { name: 'door', port: { name: 'http' } } });
    }
  });

  it('waits for the longest request, also of an agent that is routed to later', () => {
    const program = new ExposedGateway();
    const ingress = exposed(program);
    expect(ingress.metadata.annotations).toEqual({
      'nginx.ingress.kubernetes.io/force-ssl-redirect': 'true',
      'nginx.ingress.kubernetes.io/proxy-body-size': '0',
      'nginx.ingress.kubernetes.io/proxy-buffering': 'off',
      // 240 s of the agent, 5 s in which the gateway waits for its answer, and 5 s for the gateway's own.
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '250',
      'nginx.ingress.kubernetes.io/proxy-request-buffering': 'off',
      'nginx.ingress.kubernetes.io/proxy-send-timeout': '250',
    });
  });

  it('stands in the namespace of the gateway, whatever chart it is made in', () => {
    const program = new ExposedGateway();
    const edge = new Chart(program.app, 'edge', { namespace: 'edge' });
    new GatewayIngress(edge, 'door', {
      gateway: program.door,
      controller: IngressController.traefik(),
      certificate: ServingCertificate.ofController(),
    });
    expect(program.object('Ingress', 'door', edge).metadata.namespace).toBe('agents');
  });

  it('lets in the pods of the cluster’s ingress, at the port of the gateway alone', () => {
    const program = new ExposedGateway();
    exposed(program);
    expect(callersAt(program.object('NetworkPolicy', 'door').spec, 8080)).toEqual([
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': INGRESS.namespace } },
        podSelector: { matchLabels: INGRESS.podLabels },
      },
    ]);
  });

  it('takes a class of its own', () => {
    expect(exposed(new ExposedGateway(), { ingressClassName: 'public' }).spec.ingressClassName).toBe('public');
  });
});

describe('the certificate of an Ingress', () => {
  it.each([
    [CertificateIssuer.fromClusterIssuerName('letsencrypt'), { 'cert-manager.io/cluster-issuer': 'letsencrypt' }],
    [
      CertificateIssuer.fromResource('awspca.cert-manager.io', 'AWSPCAClusterIssuer', 'company'),
      {
        'cert-manager.io/issuer': 'company',
        'cert-manager.io/issuer-kind': 'AWSPCAClusterIssuer',
        'cert-manager.io/issuer-group': 'awspca.cert-manager.io',
      },
    ],
  ])('comes from cert-manager by annotation', (issuer, annotations) => {
    const ingress = exposed(new ExposedGateway(), { certificate: ServingCertificate.fromIssuer(issuer) });
    expect(ingress.metadata.annotations).toMatchObject(annotations);
    expect(ingress.spec.tls).toEqual([{ hosts: ['mcp.example.com'], secretName: 'door-ingress-tls' }]);
  });

  it('or is the controller’s own', () => {
    const ingress = exposed(new ExposedGateway(), { certificate: ServingCertificate.ofController() });
    expect(ingress.spec.tls).toEqual([{ hosts: ['mcp.example.com'] }]);
  });
});

describe('each controller is told in its own words', () => {
  it('Traefik, which neither buffers nor ends what is silent', () => {
    const ingress = exposed(new ExposedGateway(), { controller: IngressController.traefik() });
    expect(ingress.spec.ingressClassName).toBe('traefik');
    expect(pathsOf(ingress)).toEqual(['Prefix /v1', 'Prefix /a2a', 'Prefix /mcp', `Prefix ${METADATA}`]);
    expect(ingress.metadata.annotations).toEqual({
      'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure',
      'traefik.ingress.kubernetes.io/router.tls': 'true',
    });
  });

  it('HAProxy', () => {
    const ingress = exposed(new ExposedGateway(), { controller: IngressController.haproxy() });
    expect(ingress.spec.ingressClassName).toBe('haproxy');
    expect(ingress.metadata.annotations).toEqual({
      'haproxy.org/ssl-redirect': 'true',
      'haproxy.org/timeout-server': '250s',
    });
  });

  it('any other, by annotations that name the timeout', () => {
    const controller = IngressController.other({
      annotations: {
        'alb.ingress.kubernetes.io/scheme': 'internal',
        'alb.ingress.kubernetes.io/load-balancer-attributes': 'idle_timeout.timeout_seconds={seconds}',
      },
    });
    const ingress = exposed(new ExposedGateway(), { controller });
    expect(ingress.spec).not.toHaveProperty('ingressClassName');
    expect(ingress.metadata.annotations).toEqual({
      'alb.ingress.kubernetes.io/scheme': 'internal',
      'alb.ingress.kubernetes.io/load-balancer-attributes': 'idle_timeout.timeout_seconds=250',
    });
  });
});

describe('the path of a public URL, which the gateway does not know, is taken away', () => {
  const team = () => new ExposedGateway(genericCluster(), TEAM);

  it('by nginx, with a regular expression', () => {
    const ingress = exposed(team());
    expect(ingress.metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/use-regex': 'true',
      'nginx.ingress.kubernetes.io/rewrite-target': '/$1',
    });
    const rules = ingress.spec.rules[0].http.paths.map(({ path }: Manifest) => new RegExp(`^${path}`, 'i'));
    const rewritten = (path: string) => {
      const match = rules.map((rule: RegExp) => rule.exec(path)).find((found: unknown) => found !== null);
      return match && `/${match[1]}`;
    };
    expect(rewritten('/team-a/mcp')).toBe('/mcp');
    expect(rewritten('/team-a/v1/invoke')).toBe('/v1/invoke');
    expect(rewritten('/team-a/a2a/support')).toBe('/a2a/support');
    expect(rewritten(`${METADATA}/team-a/mcp`)).toBe(`${METADATA}/team-a/mcp`);
    for (const path of ['/mcp', '/team-b/mcp', '/team-a/readyz', '/team-a/metrics', `${METADATA}/team-b`]) {
      expect(rewritten(path)).toBeUndefined();
    }
  });

  it('by Traefik, with a Middleware', () => {
    const program = team();
    const ingress = exposed(program, { controller: IngressController.traefik() });
    expect(pathsOf(ingress)).toEqual([
      'Prefix /team-a/v1',
      'Prefix /team-a/a2a',
      'Prefix /team-a/mcp',
      `Prefix ${METADATA}/team-a`,
    ]);
    const key = 'traefik.ingress.kubernetes.io/router.middlewares';
    expect(ingress.metadata.annotations[key]).toBe('agents-door-ingress-base@kubernetescrd');
    expect(program.object('Middleware', 'door-ingress-base')).toMatchObject({
      apiVersion: 'traefik.io/v1alpha1',
      metadata: { namespace: 'agents' },
      spec: { stripPrefix: { prefixes: ['/team-a'] } },
    });
  });

  it('by HAProxy, with a rule that leaves other paths as they are', () => {
    const ingress = exposed(team(), { controller: IngressController.haproxy() });
    const [pattern = '', target = ''] = ingress.metadata.annotations['haproxy.org/path-rewrite'].split(' ');
    const rewritten = (path: string) => path.replace(new RegExp(pattern), target.replace('\\1', '$1'));
    expect(rewritten('/team-a/mcp')).toBe('/mcp');
    expect(rewritten(`${METADATA}/team-a`)).toBe(`${METADATA}/team-a`);
  });

  it('or by annotations of another controller, which say so', () => {
    const annotations = { 'example.com/strip-prefix': '/team-a' };
    const other = (removesBasePath?: boolean) => IngressController.other({ annotations, removesBasePath });
    expect(exposed(team(), { controller: other(true) }).metadata.annotations).toEqual(annotations);
    expect(() => exposed(team(), { controller: other() })).toThrow(
      /\[OPTION_UNSUPPORTED\] chart\/door-?.*serves "\/mcp" and not "\/team-a\/mcp"/,
    );
  });
});

describe('an Ingress fails synth', () => {
  it.each([
    ['without a public URL', undefined, /\[PUBLIC_URL_UNROUTABLE\].*chart\/door has no publicUrl/],
    ['for the own machine', 'http://localhost:8080', /\[PUBLIC_URL_UNROUTABLE\].*http:\/\/localhost:8080/],
    ['for an address', 'https://10.1.2.3', /\[PUBLIC_URL_UNROUTABLE\].*no name that a router could serve/],
    ['for an address of IPv6', 'https://[2001:db8::1]/mcp', /\[PUBLIC_URL_UNROUTABLE\]/],
    [
      'for a path that routers read as an expression',
      'https://mcp.example.com/a(b)',
      /\[PUBLIC_URL_UNROUTABLE\].*"\/a\(b\)"/,
    ],
  ])('%s', (_, publicUrl, message) => {
    expect(() => exposed(new ExposedGateway(genericCluster(), { publicUrl }))).toThrow(message);
  });

  it('where the profile does not say which pods are the ingress', () => {
    const program = new ExposedGateway(ClusterProfile.generic());
    expect(() => exposed(program)).toThrow(/\[PROFILE_FACT_MISSING\] chart\/door.*which pods are its ingress/);
  });

  it('for a gateway that lets everyone in', () => {
    const program = new ExposedGateway(genericCluster(), { auth: Auth.none() });
    expect(() => exposed(program)).toThrow(/\[AUTH_NONE_EXPOSED\]/);
  });

  it('for a gateway of another app', () => {
    const program = new ExposedGateway();
    expect(() => exposed(program, { gateway: new ExposedGateway().door })).toThrow(/\[NOT_IN_PROGRAM\]/);
  });

  it('beside another of its name', () => {
    const program = new ExposedGateway();
    const edge = new Chart(program.app, 'edge', { namespace: 'edge' });
    const props = {
      gateway: program.door,
      controller: IngressController.haproxy(),
      certificate: ServingCertificate.ofController(),
    };
    new GatewayIngress(edge, 'front', props);
    new GatewayIngress(program.chart, 'front', props);
    expect(() => program.synth()).toThrow(
      /\[NAME_TAKEN\] chart\/front: "front" is the name of the Ingress of edge\/front/,
    );
  });
});
