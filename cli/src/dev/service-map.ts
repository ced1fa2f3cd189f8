import type { HostMap } from '@agentyard/runtime-kit';
import { DevError } from './dev-error.js';
import { PEERS } from './gateway-ports.js';
import type { ContainerPort, Service } from './kubernetes-objects.js';
import { titleOf } from './manifests.js';

/** What Services select: the pods of a workload. */
export interface SelectablePods {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly ContainerPort[];
}

/** One replica as Services see it. */
export interface LocalPod extends SelectablePods {
  /** Where it listens, for example `127.0.0.1:4711`; absent while it does not. */
  readonly address: string | undefined;
  /** Where its other replicas call it; absent for what has no peers. */
  readonly peerAddress: string | undefined;
  readonly ready: boolean;
}

/** The addresses that each Service's names stand for. */
export function hostMap(services: readonly Service[], pods: readonly LocalPod[]): HostMap {
  const hosts: Record<string, readonly string[]> = {};
  for (const service of services) {
    if (!hasEndpoints(service)) continue;
    const selected = pods.filter((pod) => selects(service, pod));
    const published = selected.filter(({ ready }) => ready || service.spec.publishNotReadyAddresses);
    for (const { port, isPeers } of reachablePorts(service, selected[0])) {
      const addresses = published.flatMap(({ address, peerAddress }) => (isPeers ? peerAddress : address) ?? []);
      for (const name of namesOf(service)) hosts[`${name}:${port}`] = addresses;
    }
  }
  return hosts;
}

/** @throws DevError for a Service whose port leads to no port of the pods that it selects */
export function refuseDeadPorts(services: readonly Service[], workloads: readonly SelectablePods[]): void {
  for (const service of services.filter(hasEndpoints)) {
    const pods = workloads.find((workload) => selects(service, workload));
    if (pods === undefined) continue;
    for (const { port, targetPort = port } of service.spec.ports) {
      if (targetOf(targetPort, pods) !== undefined) continue;
      throw new DevError(
        `port ${port} of ${titleOf(service)} leads to port ${targetPort}, which the pods do not have; declare it as a container port`,
      );
    }
  }
}

function hasEndpoints({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && Object.keys(spec.selector).length > 0;
}

function selects(service: Service, pods: SelectablePods): boolean {
  if (service.metadata.namespace !== pods.namespace) return false;
  return Object.entries(service.spec.selector).every(([key, value]) => pods.labels[key] === value);
}

/** A headless Service only gives addresses away: clients reach the port of the pod, whatever its own says. */
function reachablePorts(service: Service, pods: SelectablePods | undefined): { port: number; isPeers: boolean }[] {
  return service.spec.ports.map(({ port, targetPort = port }) => {
    const target = pods && targetOf(targetPort, pods);
    const isHeadless = service.spec.clusterIP === 'None';
    return { port: isHeadless ? (target?.containerPort ?? port) : port, isPeers: target?.name === PEERS };
  });
}

function targetOf(targetPort: number | string, { ports }: SelectablePods): ContainerPort | undefined {
  return ports.find((port) => (typeof targetPort === 'number' ? port.containerPort : port.name) === targetPort);
}

function namesOf({ metadata: { name, namespace } }: Service): string[] {
  return [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
}
