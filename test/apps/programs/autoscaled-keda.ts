import { App, Autoscaling, ClusterProfile } from 'agentyard';
import { Greeter } from './greeter';
import { PROMETHEUS } from './prometheus';

/** Every part follows its load by KEDA, which asks Prometheus; with and without credentials, and with CPU. */
const app = new App({ id: 'autoscaled-keda', cluster: ClusterProfile.k3s({ metricsScraper: PROMETHEUS }) });
const prometheusUrl = 'http://prometheus-operated.monitoring.svc:9090';
new Greeter(app, {
  gateway: { autoscaling: Autoscaling.keda({ maxReplicas: 10, targetRequestsPerPod: 50, prometheusUrl }) },
  agent: {
    autoscaling: Autoscaling.keda({
      minReplicas: 2,
      maxReplicas: 20,
      targetRequestsPerPod: 4,
      prometheusUrl: 'https://prometheus.example.com',
      triggerAuthenticationName: 'prometheus',
      authModes: 'bearer',
    }),
  },
  tools: {
    autoscaling: Autoscaling.keda({
      minReplicas: 2,
      maxReplicas: 6,
      targetRequestsPerPod: 2,
      targetCpuUtilization: 70,
      prometheusUrl,
    }),
  },
});
app.synth();
