import { ClusterFault, titleOf } from '../src';
import { configMap, MemoryTrustCluster, secretOf } from './memory-trust-cluster';
import { describeTrustCluster } from './trust-cluster-suite';

/** Other tests rely on it instead of a real one. */
describe('the cluster in memory', () => {
  const cluster = new MemoryTrustCluster();
  const forbidden = secretOf('forbidden');
  cluster.before = (_verb, object) => {
    if (titleOf(object) === titleOf(forbidden)) throw new ClusterFault('forbidden');
  };
  const stage = {
    cluster,
    put: (...given: Parameters<MemoryTrustCluster['put']>) => Promise.resolve(cluster.put(...given)),
    remove: (...given: Parameters<MemoryTrustCluster['delete']>) => Promise.resolve(cluster.delete(...given)),
    forbidden,
  };
  describeTrustCluster(() => stage, [configMap('agents'), secretOf('gateway')]);
});
