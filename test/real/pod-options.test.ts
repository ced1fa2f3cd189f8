import { ClusterProfile, PlatformNamespace, ToolSource } from 'agentyard';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { ManifestSet } from '../cluster/manifest-set';
import { everyPodOption } from '../constructs/every-pod-option';
import { Program } from '../constructs/program';
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

it.each([
  ['mounted', ClusterProfile.generic({ kubernetesVersion: '1.36' })],
  ['copied', ClusterProfile.generic()],
])(
  'tools of an image, %s, are in pods that it takes and `restricted` admits',
  async (_, profile) => {
    const program = new Program('agents', profile);
    new PlatformNamespace(program.chart, 'namespace');
    const tools = [{ name: 'a', description: 'A.', inputSchema: { type: 'object' } }];
    program.toolset('logs', {
      source: ToolSource.fromImage(`tools@sha256:${'0'.repeat(64)}`, { entryModule: 'index.mjs', tools }),
      security: { automountToken: true },
    });
    const manifests = new ManifestSet(cluster.api, program.synth());
    try {
      expect(await manifests.apply()).toEqual([]);
      expect(await manifests.changedByApplyingAgain()).toEqual([]);
      expect(await manifests.admitPods()).toHaveLength(1);
    } finally {
      await manifests.remove();
    }
  },
  120_000,
);
