import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-29';
import {
  Agent,
  App,
  ClusterProfile,
  Credentials,
  Entry,
  Model,
  Peer,
  PlatformNamespace,
  Port,
  Prompt,
} from 'agentyard';
import { database, DATABASE_PORT } from './database';
import { Greeter } from './greeter';

/** All that pods can be connected with beside each other: the API server, other namespaces, cdk8s-plus, private endpoints. */
const app = new App({
  id: 'connected',
  cluster: ClusterProfile.eks({
    apiServer: { cidrs: ['10.0.0.16/28', '10.0.1.16/28'] },
    ingress: { namespace: 'ingress-nginx', podLabels: { 'app.kubernetes.io/name': 'ingress-nginx' } },
  }),
});
const greeter = new Greeter(app, {
  agent: {
    model: Model.bedrock('eu.anthropic.claude-sonnet-4-5-20250929-v1:0', {
      region: 'eu-west-1',
      credentials: Credentials.fromIamRole('arn:aws:iam::111122223333:role/greeter'),
      privateEndpoints: [Peer.cidr('10.1.2.0/24')],
    }),
  },
  gateway: {
    // Revoked keys are refused within seconds.
    watchesKubernetes: true,
    entries: [
      Entry.fromClusterIngress(),
      Entry.fromPods({ namespace: 'reception', podLabels: { app: 'kiosk' } }),
      Entry.fromCidr('10.7.0.0/16'),
    ],
  },
});

// A host by name that leads to private addresses.
greeter.tools.connections.allowTo(
  Peer.host('guests.corp.example.com', { privateEndpoints: [Peer.cidr('10.8.0.0/24')] }),
  Port.tcp(443),
);

// A workload of cdk8s-plus in another namespace; both sides open.
const data = new Chart(app, 'data', { namespace: 'greeter-data' });
new PlatformNamespace(data, 'namespace');
const guests = database(data);
greeter.tools.connections.allowTo(guests, Port.tcp(DATABASE_PORT));
guests.connections.allowFrom(greeter.tools, {
  ports: [kplus.NetworkPolicyPort.tcp(DATABASE_PORT)],
  isolation: kplus.PodConnectionsIsolation.POD,
});

// Pods that are not of this program, as cdk8s-plus selects them.
const caches = kplus.Pods.select(greeter.chart, 'caches', {
  labels: { app: 'cache' },
  namespaces: kplus.Namespaces.select(greeter.chart, 'caches-namespaces', { labels: { team: 'caches' } }),
});
greeter.agent.connections.allowTo(caches, Port.tcp(6379));
const callers = kplus.Pods.select(greeter.chart, 'callers', { labels: { app: 'rehearsal' } });
greeter.agent.connections.allowFrom(callers);

// An agent in a namespace of its own, with tools of another, and a model that pods of the cluster serve.
const annex = new Chart(app, 'annex', { namespace: 'greeter-annex' });
new PlatformNamespace(annex, 'namespace');
const usher = new Agent(annex, 'usher', {
  prompt: Prompt.fromText('You show guests to their seats.'),
  model: Model.openaiCompatible('qwen3-32b', {
    baseUrl: 'http://vllm.models.svc:80/v1',
    servedBy: kplus.Pods.select(annex, 'vllm', {
      labels: { app: 'vllm' },
      namespaces: kplus.Namespaces.select(annex, 'models', { names: ['models'] }),
    }),
    servedByPort: 8000,
  }),
  tools: [greeter.tools.tool('part')],
  image: 'registry.example.com/usher:1.4.0',
  honoursProxy: true,
});

// Its own image asks the API server, with the rights of a Role, and a host outside of the cluster.
usher.connections.allowToApiServer();
usher.connections.allowTo(Peer.host('seats.example.com'), Port.tcp(443));
const account = kplus.ServiceAccount.fromServiceAccountName(annex, 'account', 'usher', {
  namespaceName: 'greeter-annex',
});
const reader = new kplus.Role(annex, 'reader', { metadata: { name: 'usher' } });
reader.allowRead(kplus.ApiResource.CONFIG_MAPS);
reader.bind(account);
app.synth();
