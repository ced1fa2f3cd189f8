import { App, ClusterProfile, Mesh } from 'agentyard';
import { Greeter } from './greeter';
import { PROMETHEUS } from './prometheus';

/** Istio's sidecars beside every runtime but the egress proxy, in a cluster that reads metrics. */
const app = new App({
  id: 'mesh-istio',
  cluster: ClusterProfile.k3s({ mesh: Mesh.istio(), metricsScraper: PROMETHEUS }),
});
new Greeter(app);
app.synth();
