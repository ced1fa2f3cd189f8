import { Chart, Duration } from 'cdk8s';
import {
  Agent,
  App,
  ApiKeys,
  Auth,
  ClusterProfile,
  Entry,
  HeaderMatch,
  KeycloakRealm,
  Model,
  Prompt,
  RouteAffinity,
  RouteMatch,
} from 'agentyard';
import { Greeter } from './greeter';

/** Routes that go by headers and roles beside the agent or intent, with affinity, and pods that are left out sooner. */
const app = new App({
  id: 'routed',
  cluster: ClusterProfile.k3s({
    ingress: { namespace: 'kube-system', podLabels: { 'app.kubernetes.io/name': 'traefik' } },
  }),
});
const identity = new Chart(app, 'identity', { namespace: 'greeter-identity' });
const realm = new KeycloakRealm(identity, 'guests', { hostname: 'sso.example.com' });
const vip = realm.addRole('vip');
const { agent, gateway } = new Greeter(app, {
  gateway: {
    auth: Auth.anyOf(Auth.keycloak(realm), Auth.apiKeys(ApiKeys.fromSecretName('door-api-keys'))),
    publicUrl: 'https://greeter.example.com',
    entries: [Entry.fromClusterIngress()],
    outlierDetection: {
      consecutiveFailures: 3,
      baseEjectionTime: Duration.seconds(10),
      maxEjectionTime: Duration.minutes(2),
      maxEjectedPercent: 34,
      probePath: '/healthz',
      probeInterval: Duration.seconds(1),
      probeTimeout: Duration.millis(500),
    },
  },
});
const butler = new Agent(Chart.of(agent), 'butler', {
  prompt: Prompt.fromText('You serve the guests of honour.'),
  model: Model.scripted([{ say: 'At your service.' }]),
});
gateway.addRoute('canary', {
  match: RouteMatch.agent(agent, {
    headers: [HeaderMatch.exact('X-Release', 'next'), HeaderMatch.pattern('x-region', '^eu-')],
  }),
  priority: 30,
  backends: [
    { agent, weight: 90 },
    { agent: butler, weight: 10 },
  ],
  affinity: RouteAffinity.bySession(),
});
gateway.addRoute('honoured', {
  match: RouteMatch.intent('(?i)greet|welcome', { callerRoles: [vip] }),
  priority: 20,
  backends: [{ agent: butler }],
  affinity: RouteAffinity.byUser({ loadFactor: 2 }),
});
gateway.addRoute('everybody', { match: RouteMatch.intent('.'), backends: [{ agent }] });
app.synth();
