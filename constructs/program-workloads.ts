import type { IConstruct } from 'constructs';
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
