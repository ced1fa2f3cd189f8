import path from 'node:path';
import { ApiServer, dataOfText, type KeptObject } from '@agentyard/runtime-kit';
import { Kubectl } from '../../cli/src/kubectl/kubectl';
import { KubectlTrustCluster } from '../../cli/src/trust/kubectl-trust-cluster';
import { TRUST_USE } from '../../cli/src/trust/kubectl-use';
import { ApiTrustCluster } from '../../identity-runtime/src/trust/api-trust-cluster';
import { describeTrustCluster, type TrustClusterStage } from '../../runtime-kit/test/trust-cluster-suite';
import { accountKubeconfig } from '../cluster/account-kubeconfig';
import { START_TIMEOUT } from '../cluster/control-plane';
import { manifestOf, TrustStage } from './trust/stage';

const OBJECTS = (['ConfigMap', 'Secret'] as const).map((kind): KeptObject => ({ kind, namespace: 'ways', name: 'x' }));

/** The same objects of a real API server, by a user with few rights, as the job and as the command reach them. */
describe('objects of the trust job', () => {
  let stage: TrustStage;
  let kubeconfig: string;
  let pod: ApiServer;

  beforeAll(async () => {
    stage = await TrustStage.open();
    await stage.api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ways' } });
    await stage.api.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'ways', namespace: 'ways' },
      rules: [{ apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'patch', 'update'] }],
    });
    kubeconfig = path.join(stage.folder, 'ways.kubeconfig');
    await accountKubeconfig(stage.cluster, { namespace: 'ways', name: 'ways', role: 'ways' }, kubeconfig);
    const { folder, environment } = stage.podOf(await stage.tokenOf('ways', 'ways'));
    pod = ApiServer.ofPod(environment, folder);
  }, START_TIMEOUT);
  afterAll(async () => {
    await pod?.close();
    await stage?.close();
  });

  const administered: Omit<TrustClusterStage, 'cluster'> = {
    put: async (object, entries) => {
      const data = dataOfText(object, entries);
      const manifest = manifestOf(object);
      const isThere = (await stage.api.read(manifest)) !== undefined;
      if (!isThere) await stage.api.create({ ...manifest, data });
      else {
        const contentType = 'application/json-patch+json';
        const body = [{ op: 'add', path: '/data', value: data }];
        await stage.api.request({ method: 'PATCH', path: await stage.api.pathOf(manifest), contentType, body });
      }
    },
    remove: (object) => stage.api.delete(manifestOf(object)),
    forbidden: { kind: 'Secret', namespace: 'kube-system', name: 'x' },
  };

  describe('from a pod', () => {
    describeTrustCluster(() => ({ ...administered, cluster: new ApiTrustCluster(pod) }), OBJECTS);
  });

  describe('with kubectl', () => {
    const cluster = () => new KubectlTrustCluster(new Kubectl({ kubeconfig }, TRUST_USE), TRUST_USE.fieldManager);
    describeTrustCluster(() => ({ ...administered, cluster: cluster() }), OBJECTS);
  });
});
