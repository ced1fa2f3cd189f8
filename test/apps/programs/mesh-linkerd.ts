import { App, ClusterProfile, LinkerdTransport, Mesh } from 'agentyard';
import { Greeter } from './greeter';
import { PROMETHEUS } from './prometheus';

/** Linkerd's sidecars beside every runtime but the egress proxy, in a cluster that reads metrics. */
const app = new App({
  id: 'mesh-linkerd',
  cluster: ClusterProfile.k3s({
    mesh: Mesh.linkerd({ outboundTransport: LinkerdTransport.TRANSPARENT }),
    metricsScraper: PROMETHEUS,
  }),
});
new Greeter(app);
app.synth();
