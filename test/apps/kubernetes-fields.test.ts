import path from 'node:path';
import { manifestFolders, readManifests } from '../cluster/manifests';
import { knownFields } from './kubernetes-api';

const GOLDEN = path.join(__dirname, 'golden');
const folders = manifestFolders(GOLDEN).map((folder) => path.relative(GOLDEN, folder));

/** Kinds that are not of Kubernetes itself; the real API server judges them by their CRDs, in test/real. */
const CUSTOM = [
  'ApplicationNetworkPolicy',
  'Certificate',
  'CiliumNetworkPolicy',
  'ClusterLogForwarder',
  'ClusterNetworkPolicy',
  'FQDNNetworkPolicy',
  'Keycloak',
  'KeycloakRealmImport',
  'Middleware',
  'PodMonitor',
  'PrometheusRule',
  'Route',
  'ScaledObject',
];

describe('every field of the golden manifests is one that Kubernetes has', () => {
  it.each(folders)('%s', (folder) => {
    const objects = readManifests(path.join(GOLDEN, folder)).filter(({ kind }) => !CUSTOM.includes(kind));
    expect(objects.length).toBeGreaterThan(0);
    for (const { kind, apiVersion, ...props } of objects) {
      expect(typeof apiVersion).toBe('string');
      expect({ kind, ...(knownFields(kind, props) as object) }).toEqual({ kind, ...props });
    }
  });

  it('and an unknown one would be seen', () => {
    expect(knownFields('Service', { spec: { selectors: { app: 'x' } } })).toEqual({ spec: {} });
  });
});
