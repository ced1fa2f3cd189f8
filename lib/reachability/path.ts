import type { Protocol } from './protocol';
import type { PortSpan } from './port-span';
import type { Workload } from './workload';

/** What is at the other end of a path. */
export type PathKind =
  /** A workload of the program. */
  | 'workload'
  /** Pods that are not of the program. */
  | 'pods'
  /** A host by its name or a pattern of names. */
  | 'host'
  /** A block of addresses. */
  | 'addresses'
  /** A part of the cluster that is no pod, such as its API server. */
  | 'entity'
  /** Anybody. */
  | 'anyone';

/** One way from a workload to another end, or from another end to a workload. */
export interface Path {
  readonly kind: PathKind;
  /** How the other end is called: `Deployment agents/logs`, `api.openai.com`, `10.0.0.0/8`. */
  readonly peer: string;
  /** The workload at the other end, if it is one of the program. */
  readonly workload?: Workload;
  /** What is known of the pods at the other end, if they are not of the program. */
  readonly pods?: { readonly namespace?: string; readonly labels: Readonly<Record<string, string>> };
  /** The part of the cluster at the other end, such as `kube-apiserver`. */
  readonly entity?: string;
  /** `443`, `8000-8080` or `all`. */
  readonly port: string;
  readonly ports: PortSpan;
  readonly protocol: Protocol | 'any';
  readonly via: 'direct' | 'proxy';
  readonly because: readonly string[];
  /** Of a host behind the egress proxy: private blocks that its name may lead to, where there are any. */
  readonly privateCidrs?: readonly string[];
  /** Whether names may be asked of DNS on this path, so that data may leave in the questions. */
  readonly dns?: true;
  /** The names that may be asked of DNS, where they are limited. */
  readonly dnsNames?: readonly string[];
  /** Whether it leads to a port of the egress proxy, and from there to what other paths say and nowhere else. */
  readonly toProxy?: true;
}
