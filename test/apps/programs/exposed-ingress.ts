import { Chart } from 'cdk8s';
import {
  ApiKeys,
  App,
  Auth,
  CertificateIssuer,
  ClusterProfile,
  GatewayIngress,
  IngressController,
  McpGateway,
  ServingCertificate,
} from 'agentyard';
import { Greeter } from './greeter';

/** Gateways behind ingress controllers of several kinds: with a host of its own, and with a path of a shared one. */
const cluster = ClusterProfile.generic({
  apiServer: { cidrs: ['10.0.0.1/32'] },
  ingress: { namespace: 'edge', podLabels: { 'app.kubernetes.io/component': 'controller' } },
});
const app = new App({ id: 'exposed-ingress', cluster });
const { gateway, tools } = new Greeter(app, { gateway: { publicUrl: 'https://greeter.example.com', entries: [] } });
const front = Chart.of(gateway);
const auth = Auth.apiKeys(ApiKeys.fromSecretName('door-api-keys'));
const sharing = (id: string) =>
  new McpGateway(front, id, { auth, tools: [tools], publicUrl: `https://shared.example.com/${id}` });

new GatewayIngress(front, 'door-ingress', {
  gateway,
  controller: IngressController.nginx(),
  certificate: ServingCertificate.fromIssuer(CertificateIssuer.fromClusterIssuerName('letsencrypt')),
});
new GatewayIngress(front, 'side-door-ingress', {
  gateway: sharing('side-door'),
  controller: IngressController.traefik(),
  certificate: ServingCertificate.fromSecretName('shared-tls'),
});
new GatewayIngress(front, 'back-door-ingress', {
  gateway: sharing('back-door'),
  controller: IngressController.haproxy(),
  certificate: ServingCertificate.fromSecretName('shared-tls'),
});
new GatewayIngress(front, 'cat-flap-ingress', {
  gateway: sharing('cat-flap'),
  controller: IngressController.nginx(),
  certificate: ServingCertificate.fromSecretName('shared-tls'),
  ingressClassName: 'nginx-shared',
});
app.synth();
