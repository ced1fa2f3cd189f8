import type { Address } from './address';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';
export type Labels = Readonly<Record<string, string>>;

/** A pod as policies see it. */
export interface Pod {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  /** Absent: unknown, so that its ports may have any names. */
  readonly ports?: readonly { readonly name: string; readonly port: number; readonly protocol: Protocol }[];
}

/** One concrete end of a connection. */
export interface Spot {
  readonly address: Address;
  /** Absent: it is no pod. */
  readonly pod?: Pod;
  /** The name that its address was found by, in lower case. */
  readonly name?: string;
  readonly isApiServer?: boolean;
}

/** The first packet of a connection. */
export interface Packet {
  readonly from: Spot;
  readonly to: Spot;
  readonly port: number;
  readonly protocol: Protocol;
  /** Names that the pod which is called gives the port, if its ports are unknown. */
  readonly portNames: readonly string[];
  /** The name that it asks of DNS, if it does. */
  readonly asked?: string;
}
