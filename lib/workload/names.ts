import type { IConstruct } from 'constructs';
import { deferFault, reportFault } from '../errors/deferred';
import { SynthError } from '../errors/synth-error';
import { chartNamespace } from './chart-namespace';
import { tell } from './object-names';

/** The port on which every runtime listens, and its Services with it. */
export const RUNTIME_PORT = 8080;

/** The port on which runtimes serve their metrics. */
export const METRICS_PORT = 9464;

/** The port on which the pods of a workload call each other. */
export const PEER_PORT = 8088;

/** Longest id of a workload: what is named after it gets up to six characters more and stays a DNS label. */
const LONGEST_NAME = 57;

/** Owners of Service names, by program and `<namespace>/<name>`. */
const taken = new WeakMap<IConstruct, Map<string, IConstruct>>();

/** Name and namespace of a workload. */
export interface WorkloadName {
  readonly name: string;
  readonly namespace: string;
}

/**
 * The name and namespace of a workload: its construct's id and its chart's namespace. What is no name, a missing namespace
 * and a taken name fail the synthesis.
 */
export function claimName(construct: IConstruct): WorkloadName {
  const name = deferFault(construct, () => checkedServiceName(construct, construct.node.id), construct.node.id);
  const namespace = chartNamespace(construct);
  if (namespace === '') return { name, namespace };
  const names = taken.get(construct.node.root) ?? new Map<string, IConstruct>();
  taken.set(construct.node.root, names);
  const services = [name, podsServiceName(name)];
  for (const service of services) {
    const owner = names.get(`${namespace}/${service}`);
    if (owner === undefined) continue;
    tell(construct, owner);
    const whose = owner.node.id === service ? owner.node.path : `the headless Service of ${owner.node.path}`;
    const fault = new SynthError('NAME_TAKEN', construct, {
      message: `"${service}" in namespace "${namespace}" is the name of ${whose} already`,
      remedy: 'Choose another id, since objects are named after it',
    });
    reportFault(construct, fault);
    return { name, namespace };
  }
  for (const service of services) names.set(`${namespace}/${service}`, construct);
  return { name, namespace };
}

/** Services take a DNS label of RFC 1035, which begins with a letter. */
function checkedServiceName(construct: IConstruct, name: string): string {
  if (!/^[0-9]/.test(name)) return checkedLabel(construct, name, LONGEST_NAME);
  throw new SynthError('NAME_INVALID', construct, {
    message: `"${name}" begins with a digit, which the name of a Service must not`,
    remedy: 'Let the id begin with a letter',
  });
}

/** @throws SynthError NAME_INVALID */
export function checkedLabel(place: IConstruct | string, name: string, longest = 63): string {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= longest) return name;
  throw new SynthError('NAME_INVALID', place, {
    message: `"${name}" is no DNS label of at most ${longest} characters`,
    remedy: 'Use a-z, 0-9 and "-", beginning and ending with a letter or digit',
  });
}

/**
 * Checks the name of an object that lives outside of the program: a DNS subdomain, RFC 1123.
 *
 * @throws SynthError NAME_INVALID
 */
export function checkedObjectName(place: IConstruct | string, name: string): string {
  if (/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= 253) return name;
  throw new SynthError('NAME_INVALID', place, {
    message: `"${name}" is no name of a Kubernetes object`,
    remedy: 'Use a-z, 0-9, "-" and ".", beginning and ending with a letter or digit',
  });
}

/** Host name under which a workload's Service is called; its address is the cluster's to balance. */
export function serviceHost({ name, namespace }: WorkloadName): string {
  return `${name}.${namespace}.svc`;
}

/** Name of a workload's headless Service. */
export function podsServiceName(name: string): string {
  return `${name}-pods`;
}

/** Host name that resolves to the addresses of a workload's ready pods. */
export function podsHost({ name, namespace }: WorkloadName): string {
  return `${podsServiceName(name)}.${namespace}.svc`;
}

/** Name of the headless Service by which a workload's pods find each other. */
export function peersServiceName(name: string): string {
  return `${name}-peers`;
}

/** Host name that resolves to the addresses of all of a workload's pods, ready or not. */
export function peersHost({ name, namespace }: WorkloadName): string {
  return `${peersServiceName(name)}.${namespace}.svc`;
}
