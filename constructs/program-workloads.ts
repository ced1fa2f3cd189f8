import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { workloadOf, type Workload } from './workload';

/** All workloads of the program that a construct is part of, in the order of their namespaces and names. */
export function workloadsOfProgram(construct: IConstruct): Workload[] {
  const key = ({ id }: Workload) => `${id.namespace}/${id.name}`;
  const workloads = construct.node.root.node.findAll().flatMap((each) => workloadOf(each) ?? []);
  return workloads.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The namespaces of all workloads of the program. */
export function workloadNamespaces(construct: IConstruct): string[] {
  return [...new Set(workloadsOfProgram(construct).map(({ id }) => id.namespace))].sort();
}

/** A fault where an object of a program without workloads names no namespace that it is for. */
export function namespaceFaults(construct: IConstruct, namespaces: readonly string[], purpose: string): string[] {
  if (namespaces.length > 0) return [];
  const fault = {
    message: `the program has no workloads, so there is no namespace ${purpose}`,
    remedy: "Name the namespaces: namespaces: ['agents']",
  };
  return [new SynthError('NAMESPACE_MISSING', construct, fault).message];
}
