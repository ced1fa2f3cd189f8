import type { KubernetesObject } from './api-server';
import { podOf } from './pod-of-template';

/** What manifests may name and whoever runs the cluster has made: priority classes and runtime classes. */
export function clusterGiven(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const pods = objects.map(podOf).filter((pod) => pod !== undefined);
  const declared = new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  const named = (field: string): string[] => pods.map(({ spec }) => spec[field] as string).filter(Boolean);
  const given = [
    ...named('priorityClassName').map((name) => priorityClass(name)),
    ...named('runtimeClassName').map((name) => runtimeClass(name)),
  ];
  return given.filter(({ kind, metadata }) => {
    const key = `${kind} ${metadata.name}`;
    return !declared.has(key) && declared.add(key);
  });
}

function priorityClass(name: string): KubernetesObject {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value: 1000 };
}

function runtimeClass(name: string): KubernetesObject {
  return { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler: 'runc' };
}
