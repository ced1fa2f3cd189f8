import { Peer } from 'agentyard';

/** Who reads metrics in the clusters of these programs. */
export const PROMETHEUS = Peer.pods({
  namespace: 'monitoring',
  podLabels: { 'app.kubernetes.io/name': 'prometheus' },
});
