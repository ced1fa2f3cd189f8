import path from 'node:path';
import type { ApiServer, KubernetesObject } from './api-server';
import { apply } from './apply';
import { applicationNetworkPolicyCrd } from './application-network-policy';
import { clusterLogForwarderCrd } from './cluster-log-forwarder';
import { findGo } from './go';
import { downloadModule } from './go-module';
import { keycloakCrds } from './keycloak';
import { readManifests } from './manifests';
import { until } from './until';

interface Source {
  readonly module: string;
  readonly version: string;
  /** The folder in the module that holds the files. */
  readonly folder: string;
  readonly files: readonly string[];
}

/** The modules that publish the CRDs, each pinned. */
const SOURCES: readonly Source[] = [
  {
    module: 'github.com/cilium/cilium',
    version: 'v1.20.2',
    folder: 'pkg/k8s/apis/cilium.io/client/crds/v2',
    files: ['ciliumnetworkpolicies.yaml'],
  },
  {
    module: 'github.com/GoogleCloudPlatform/gke-networking-api',
    version: 'v0.2.11',
    folder: 'config/crds',
    files: ['networking.gke.io_fqdnnetworkpolicies.yaml'],
  },
  {
    // Domain names are in the experimental channel alone.
    module: 'sigs.k8s.io/network-policy-api',
    version: 'v0.2.0',
    folder: 'config/crd/experimental',
    files: ['policy.networking.k8s.io_clusternetworkpolicies.yaml'],
  },
  {
    module: 'github.com/kedacore/keda/v2',
    version: 'v2.21.0',
    folder: 'config/crd/bases',
    files: ['keda.sh_scaledobjects.yaml'],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    folder: 'example/prometheus-operator-crd',
    files: ['podmonitors', 'prometheusrules', 'servicemonitors'].map((name) => `monitoring.coreos.com_${name}.yaml`),
  },
  {
    module: 'sigs.k8s.io/gateway-api',
    version: 'v1.6.3',
    folder: 'config/crd/standard',
    files: ['gatewayclasses', 'gateways', 'httproutes', 'referencegrants'].map(
      (name) => `gateway.networking.k8s.io_${name}.yaml`,
    ),
  },
  {
    module: 'github.com/openshift/api',
    version: 'v0.0.0-20260318185450-1f2fa3f09f4e',
    folder: 'route/v1/zz_generated.crd-manifests',
    files: ['routes.crd.yaml'],
  },
  {
    module: 'github.com/cert-manager/cert-manager',
    version: 'v1.21.2',
    folder: 'deploy/crds',
    files: ['cert-manager.io_certificates.yaml'],
  },
  {
    module: 'github.com/traefik/traefik/v3',
    version: 'v3.7.13',
    folder: 'docs/content/reference/dynamic-configuration',
    files: ['traefik.io_middlewares.yaml'],
  },
];

/** Every CRD that manifests of ours use, as published; but those that their makers do not publish where we can get them. */
export function crds(): KubernetesObject[] {
  const go = findGo();
  const published = SOURCES.flatMap(({ module, version, folder, files }) => {
    const root = downloadModule(go, module, version).folder;
    return files.flatMap((file) => readManifests(path.join(root, folder, file)));
  });
  return [...published, applicationNetworkPolicyCrd(), clusterLogForwarderCrd(), ...keycloakCrds()];
}

/** Installs the CRDs that the cluster lacks and waits until the API server serves them. */
export async function installCrds(api: ApiServer): Promise<void> {
  await Promise.all(
    crds().map(async (crd) => {
      if (await api.read(crd)) return;
      await apply(api, crd);
      await untilEstablished(api, crd);
    }),
  );
}

/** Waits until the API server serves the CRD's resources. */
export function untilEstablished(api: ApiServer, crd: KubernetesObject): Promise<KubernetesObject> {
  return until(`${crd.metadata.name} is established`, async () => {
    const now = await api.read(crd);
    const conditions = (now?.status?.conditions ?? []) as { type: string; status: string }[];
    return conditions.some(({ type, status }) => type === 'Established' && status === 'True') ? now : undefined;
  });
}
