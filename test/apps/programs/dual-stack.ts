import { App, ClusterProfile, IpFamily, Peer, Port } from 'agentyard';
import { Greeter } from './greeter';

/** Pods and Services of both IP families; the egress proxy lets out by both. */
const app = new App({ id: 'dual-stack', cluster: ClusterProfile.k3s({ ipFamily: IpFamily.DUAL_STACK }) });
const greeter = new Greeter(app);
for (const block of ['10.40.0.0/24', '2001:db8:40::/64']) {
  greeter.agent.connections.allowTo(Peer.cidr(block), Port.tcp(5432));
}
app.synth();
