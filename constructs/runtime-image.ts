import type { Runtime } from '../lib/workload/labels';
import type { ClusterProfile } from './cluster-profile';
import { LIBRARY_VERSION } from './library-version';

/** Image of a runtime in the version of this library, from the registry that the cluster's profile names. */
export function runtimeImage(runtime: Runtime, { _options: { imageRegistry } }: ClusterProfile): string {
  const name = `agentyard/${runtime === 'egress-proxy' ? runtime : `${runtime}-runtime`}:${LIBRARY_VERSION}`;
  return imageRegistry === undefined ? name : `${imageRegistry.replace(/\/+$/, '')}/${name}`;
}
