import { App, ClusterProfile, Deployer, LabelGuard } from 'agentyard';
import { Greeter } from './greeter';

/** Pods with the labels of workloads come from the GitOps controller alone. */
const app = new App({ id: 'guarded', cluster: ClusterProfile.k3s() });
const { chart } = new Greeter(app);
new LabelGuard(chart, 'greeter-labels', {
  deployers: [Deployer.serviceAccount('argocd', 'argocd-application-controller'), Deployer.group('platform-admins')],
});
app.synth();
