// Named re-exports only: `export *` of a CommonJS module is not seen by ESM programs.
export { AddressSet } from './address-set';
export { kubernetesYaml } from './kubernetes-yaml';
export { type KubernetesObject } from './kubernetes-object';
export { NotUnderstoodError } from './not-understood';
export { type Path, type PathKind } from './path';
export {
  Platform,
  type AccountPods,
  type Endpoint,
  type ForeignPods,
  type NamedWorkload,
  type PlatformOptions,
} from './platform';
export { POD_TEMPLATES } from './pod-templates';
export { type ContainerPort } from './pods';
export { type PortSpan } from './port-span';
export { type Protocol } from './protocol';
export { type Verdict } from './verdict';
export { Workload } from './workload';
