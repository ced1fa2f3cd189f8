import { Duration } from 'cdk8s';
import { App, Autoscaling, ClusterProfile } from 'agentyard';
import { Greeter } from './greeter';
import { PROMETHEUS } from './prometheus';

/** Every part follows its load by a HorizontalPodAutoscaler: requests, requests and CPU, CPU alone. */
const app = new App({ id: 'autoscaled-hpa', cluster: ClusterProfile.k3s({ metricsScraper: PROMETHEUS }) });
new Greeter(app, {
  gateway: {
    autoscaling: Autoscaling.horizontal({ maxReplicas: 10, targetRequestsPerPod: 50, targetCpuUtilization: 80 }),
  },
  agent: {
    autoscaling: Autoscaling.horizontal({
      minReplicas: 2,
      maxReplicas: 20,
      targetRequestsPerPod: 4,
      scaleDownStabilization: Duration.minutes(15),
    }),
  },
  tools: { autoscaling: Autoscaling.cpu({ minReplicas: 2, maxReplicas: 6, targetCpuUtilization: 70 }) },
});
app.synth();
