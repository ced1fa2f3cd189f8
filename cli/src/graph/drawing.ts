/** What a node stands for. */
export type NodeKind =
  'gateway' | 'agent' | 'sandbox' | 'egress-proxy' | 'workload' | 'pods' | 'host' | 'addresses' | 'entity' | 'anyone';

/** A workload, or another end of connections. */
export interface DrawnNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly name: string;
  /** The namespace that a workload is drawn in. */
  readonly namespace?: string;
  /** What is said of it beside its name. */
  readonly notes: readonly string[];
  /** What of it is wide open, in words. */
  readonly warnings: readonly string[];
}

/** Who may connect to whom, at which ports and why. */
export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  /** `8080`, `UDP 5000`, `all ports`. */
  readonly ports: string;
  readonly via: 'direct' | 'proxy';
  /** What the documents of the runtimes need it for; the policies that open it if they do not say. */
  readonly reasons: readonly string[];
  /** The objects and rules that open it. */
  readonly because: readonly string[];
  /** Whether it is open to anybody, or leads anywhere. */
  readonly wideOpen: boolean;
  /** Whether it only carries what other edges show. */
  readonly quiet: boolean;
}

/** A program, as it is drawn. */
export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}
