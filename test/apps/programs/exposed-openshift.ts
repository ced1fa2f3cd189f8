import { Chart } from 'cdk8s';
import {
  AlertRules,
  App,
  CertificateIssuer,
  ClusterProfile,
  GrafanaDashboard,
  LogForwarding,
  LokiOutput,
  OpenShiftRoute,
  ServingCertificate,
  TlsCertificate,
  WorkloadMonitor,
} from 'agentyard';
import { Greeter } from './greeter';
import { PROMETHEUS } from './prometheus';

/** On OpenShift: Routes with a certificate of cert-manager, metrics, alerts, a dashboard, and audit lines to Loki. */
const apiServer = { cidrs: ['10.0.0.1/32'] };
const cluster = ClusterProfile.openshift({ apiServer, metricsScraper: PROMETHEUS });
const app = new App({ id: 'exposed-openshift', cluster });
const { chart, gateway } = new Greeter(app, { gateway: { publicUrl: 'https://greeter.example.com', entries: [] } });
const front = Chart.of(gateway);

const issuer = CertificateIssuer.fromClusterIssuerName('letsencrypt');
const certificate = new TlsCertificate(front, 'door-certificate', { gateway, issuer });
new OpenShiftRoute(front, 'greeter', { gateway, certificate: ServingCertificate.fromCertificate(certificate) });

for (const each of [chart, front]) {
  new WorkloadMonitor(each, 'greeter-metrics');
  new AlertRules(each, 'greeter-alerts', { alertLabels: { team: 'greeters' } });
}
new GrafanaDashboard(chart, 'greeter-dashboard', { title: 'Greeter' });
new LogForwarding(new Chart(app, 'logging', { namespace: 'greeter-logging' }), 'greeter-audit', {
  loki: LokiOutput.lokiStack({ name: 'logging-loki' }),
  labels: { platform: 'greeter' },
});
app.synth();
