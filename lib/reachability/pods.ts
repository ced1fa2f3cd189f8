import type { Labels } from './labels';
import type { Protocol } from './protocol';

/** A port that a container names. */
export interface ContainerPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** What policies may know of pods. */
export interface Pods {
  /** Absent: any namespace. */
  readonly namespace?: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  /** Labels that no pods of the namespace have but these. Absent for pods that are not of the program. */
  readonly identity?: Readonly<Record<string, string>>;
  /** Absent: unknown. */
  readonly serviceAccount?: string;
  /** Whether they use the network of their node. */
  readonly hostNetwork: boolean;
  /** Absent: unknown. */
  readonly ports?: readonly ContainerPort[];
}
