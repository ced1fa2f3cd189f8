import { ApiObject, Duration, type Chart } from 'cdk8s';
import {
  AlertRules,
  CertificateIssuer,
  ClusterProfile,
  GatewayIngress,
  GrafanaDashboard,
  IngressController,
  LogForwarding,
  LogLines,
  LokiOutput,
  OpenShiftRoute,
  Peer,
  PlatformNamespace,
  PodSecurityLevel,
  ServingCertificate,
  TlsCertificate,
  WorkloadMonitor,
  type McpGateway,
} from 'agentyard';
import { ExposedGateway } from '../constructs/exposed-gateway';
import { warningsOf } from '../constructs/program';
import type { ApiServer, KubernetesObject } from '../cluster/api-server';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { ManifestSet } from '../cluster/manifest-set';

jest.setTimeout(120_000);

const CLUSTER = ClusterProfile.openshift({
  apiServer: { cidrs: ['10.0.0.1/32'] },
  metricsScraper: Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } }),
});
const ISSUER = CertificateIssuer.fromResource('awspca.cert-manager.io', 'AWSPCAClusterIssuer', 'company');

type Around = (chart: Chart, gateway: McpGateway) => unknown;

/** Every form that the constructs around a gateway have, beside those of the golden manifests. */
const FORMS: readonly [string, Around][] = [
  ['Routes with the router’s certificate', (chart, gateway) => new OpenShiftRoute(chart, 'route', { gateway })],
  [
    'Routes with a certificate by annotation',
    (chart, gateway) =>
      new OpenShiftRoute(chart, 'route', { gateway, certificate: ServingCertificate.fromIssuer(ISSUER) }),
  ],
  ...Object.entries({
    nginx: IngressController.nginx(),
    traefik: IngressController.traefik(),
    haproxy: IngressController.haproxy(),
    other: IngressController.other({ annotations: { 'example.com/timeout': '{seconds}' }, removesBasePath: true }),
  }).map(([name, controller]): [string, Around] => [
    `an Ingress for ${name}`,
    (chart, gateway) =>
      new GatewayIngress(chart, 'ingress', { gateway, controller, certificate: ServingCertificate.ofController() }),
  ]),
  [
    'a certificate of another kind of issuer',
    (chart, gateway) => new TlsCertificate(chart, 'tls', { gateway, issuer: ISSUER, secretName: 'other' }),
  ],
  [
    'all lines to a Loki by its URL',
    (chart) =>
      new LogForwarding(chart, 'logs', {
        lines: LogLines.ALL,
        labels: { platform: 'support' },
        loki: LokiOutput.url('https://loki.example.com/path', {
          tenant: 'agents',
          tokenSecretName: 'loki-token',
          authorityConfigMapName: 'company-ca',
        }),
      }),
  ],
  [
    'audit lines to a Loki that asks for nothing',
    (chart) => new LogForwarding(chart, 'logs', { loki: LokiOutput.url('http://loki.loki.svc:3100') }),
  ],
  [
    'metrics, alerts and a dashboard with options of their own',
    (chart) => {
      new WorkloadMonitor(chart, 'metrics', { interval: Duration.minutes(1), labels: { release: 'prometheus' } });
      new AlertRules(chart, 'alerts', { labels: { release: 'prometheus' }, alertLabels: { team: 'platform' } });
      new GrafanaDashboard(chart, 'dashboard', { annotations: { grafana_folder: 'Platform' } });
    },
  ],
  [
    'a namespace of another level',
    (chart) =>
      new PlatformNamespace(chart, 'namespace', {
        name: 'surroundings-tools',
        podSecurity: PodSecurityLevel.RESTRICTED,
        podSecurityVersion: 'v1.33',
        labels: { team: 'platform' },
      }),
  ],
];

describe('what stands around a gateway is accepted strictly, and applied again as it is', () => {
  let cluster: Cluster;
  let api: ApiServer;
  let manifests: ManifestSet;

  beforeAll(async () => {
    cluster = await startCluster();
    api = cluster.api;
  }, START_TIMEOUT);
  afterAll(() => cluster?.stop());
  afterEach(() => manifests.remove());

  it.each(FORMS)('%s', async (_, around) => {
    let objects: KubernetesObject[] = [];
    warningsOf(() => {
      const program = new ExposedGateway(CLUSTER, { publicUrl: 'https://mcp.example.com/team-a' });
      const before = new Set(program.app.node.findAll());
      around(program.chart, program.door);
      program.app.synthYaml();
      const added = program.app.node.findAll().filter((construct) => !before.has(construct));
      objects = added.filter((each) => ApiObject.isApiObject(each)).map((each) => each.toJson() as KubernetesObject);
    });
    expect(objects.length).toBeGreaterThan(0);
    manifests = new ManifestSet(api, objects);
    expect(await manifests.apply()).toEqual([]);
    expect(await manifests.changedByApplyingAgain()).toEqual([]);
  });
});
