import { knownFields } from '../apps/kubernetes-api';
import { everyPodOption } from './every-pod-option';
import type { Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

/** Kinds that are not of Kubernetes itself. */
const CUSTOM = ['ScaledObject'];

it.each(['1.30', '1.29'])('every option of pods is rendered in fields that Kubernetes has (%s)', (version) => {
  const objects = everyPodOption(version).filter(({ kind }) => !CUSTOM.includes(kind as string));
  for (const { kind, apiVersion: _apiVersion, ...props } of objects)
    expect(knownFields(kind as string, props)).toEqual(props);
  const kinds = new Set(objects.map(({ kind }: Manifest) => kind as string));
  expect([...kinds].sort()).toEqual([
    'ConfigMap',
    'Deployment',
    'HorizontalPodAutoscaler',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'PriorityClass',
    'Secret',
    'Service',
    'ServiceAccount',
    'StatefulSet',
  ]);
});
