import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { ManifestSet } from '../cluster/manifest-set';
import { everyPodOption } from '../constructs/every-pod-option';
import { silenceWarnings } from '../constructs/silence-warnings';

silenceWarnings();

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, START_TIMEOUT);
afterAll(() => cluster?.stop());

it.each(['1.30', '1.29'])(
  'every option of pods is one that the API server takes and Pod Security `restricted` admits (%s)',
  async (version) => {
    const manifests = new ManifestSet(cluster.api, everyPodOption(version));
    try {
      expect(await manifests.apply()).toEqual([]);
      expect(await manifests.changedByApplyingAgain()).toEqual([]);
      expect(await manifests.admitPods()).toHaveLength(6);
    } finally {
      await manifests.remove();
    }
  },
  120_000,
);
