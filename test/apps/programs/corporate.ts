import { App, ClusterProfile, Peer, Port } from 'agentyard';
import { Greeter } from './greeter';

/** A company's cluster, not of the newest: its own proxy towards the Internet, authority and registry. */
const app = new App({
  id: 'corporate',
  cluster: ClusterProfile.k3s({
    kubernetesVersion: '1.28',
    parentProxy: { host: 'proxy.corp.example.com', port: 3128, cidrs: ['10.20.0.8/31'] },
    extraCaBundle: { configMapName: 'corp-authorities', key: 'bundle.pem' },
    imageRegistry: 'registry.corp.example.com/mirror',
    imagePullSecretNames: ['corp-registry'],
  }),
});
const greeter = new Greeter(app);
greeter.tools.connections.allowTo(Peer.host('*.calendar.example.com'), Port.tcp(443));
app.synth();
