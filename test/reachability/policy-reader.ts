import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { KubernetesObject } from 'agentyard/reachability';
import { podOf } from '../cluster/pod-of-template';
import { goBinary } from '../cluster/go-binary';

/** A port of a transport protocol. */
export interface Port {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** A pod with the addresses that it may have; without a namespace, something outside of the cluster. */
export interface End {
  readonly title: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly (Port & { readonly name: string })[];
  readonly addresses: readonly string[];
}

/** What is asked about one platform: every end, of every end, at every port. */
export interface Question {
  readonly objects: readonly KubernetesObject[];
  readonly ends: readonly End[];
  readonly ports: readonly Port[];
}

/** Whether one end may connect to another at a port, all by their index in the question. */
export type Answer = (from: number, to: number, port: number) => boolean;

/** How cyclonus reads the NetworkPolicies of platforms, all of them in one run. */
export function answersOfCyclonus(questions: readonly Question[]): Answer[] {
  const input = questions.map(({ objects, ends, ports }) =>
    JSON.stringify({
      namespaces: namespacesOf(objects, ends),
      policies: ofKind(objects, 'NetworkPolicy'),
      ends,
      ports,
    }),
  );
  const program = goBinary(path.join(__dirname, 'cyclonus'));
  const output = execFileSync(program, { input: `${input.join('\n')}\n`, maxBuffer: 1 << 30, encoding: 'utf8' });
  const lines = output.trim().split('\n');
  return questions.map(({ ends, ports }, i) => {
    const digits = lines[i] ?? '';
    if (digits.length !== ends.length ** 2 * ports.length) throw new Error(`platform ${i} has no answer: ${digits}`);
    return (from, to, port) => digits[(from * ends.length + to) * ports.length + port] === '1';
  });
}

/** The pods that a workload makes, as an end; undefined for what makes none. */
export function endOf(object: KubernetesObject, addresses: readonly string[]): End | undefined {
  const pod = podOf(object as Parameters<typeof podOf>[0]);
  if (pod === undefined) return undefined;
  const containers = pod.spec.containers as { ports?: (Port & { name?: string; containerPort: number })[] }[];
  const ports = containers.flatMap(({ ports: own = [] }) =>
    own.flatMap(({ name, containerPort, protocol = 'TCP' }) =>
      name === undefined ? [] : [{ name, port: containerPort, protocol }],
    ),
  );
  const { name, namespace } = object.metadata as { name: string; namespace: string };
  const { labels } = pod.metadata as { labels?: Record<string, string> };
  return { title: `${object.kind} ${namespace}/${name}`, namespace, labels, ports, addresses };
}

/** Every namespace, with the label that the API server gives each. */
function namespacesOf(objects: readonly KubernetesObject[], ends: readonly End[]) {
  const declared = ofKind(objects, 'Namespace').map(({ metadata }) => metadata as { name: string; labels?: object });
  const others = ends.map(({ namespace }) => namespace).filter((name) => name !== undefined);
  return [...new Set([...declared.map(({ name }) => name), ...others])].map((name) => {
    const labels = declared.find((one) => one.name === name)?.labels;
    return { name, labels: { ...labels, 'kubernetes.io/metadata.name': name } };
  });
}

function ofKind(objects: readonly KubernetesObject[], kind: string): KubernetesObject[] {
  return objects.filter((object) => object.kind === kind);
}
