import { App, ClusterProfile, Credentials, Entry, IpFamily, Model } from 'agentyard';
import { Greeter } from './greeter';

/** EKS with IPv6, where a model of Bedrock is called with the role of EKS Pod Identity. */
const app = new App({
  id: 'ipv6',
  cluster: ClusterProfile.eks({ ipFamily: IpFamily.IPV6, apiServer: { cidrs: ['2001:db8:1::/64'] } }),
});
const greeter = new Greeter(app, {
  agent: {
    model: Model.bedrock('eu.anthropic.claude-sonnet-4-5-20250929-v1:0', {
      region: 'eu-west-1',
      dualStack: true,
      credentials: Credentials.fromPodIdentity(),
    }),
  },
  gateway: { entries: [Entry.fromCidr('2001:db8:1::/64')] },
});
greeter.agent.connections.allowToApiServer();
app.synth();
