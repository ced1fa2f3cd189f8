/** Where the cluster's DNS is, as `ClusterProfile` has it. */
export interface DnsFacts {
  readonly namespace: string;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly port: number;
  /** Addresses of a cache on the node. */
  readonly cidrs: readonly string[];
  /** Domain of the cluster's Services. */
  readonly clusterDomain: string;
}

/** Options of the probe. */
export interface DoctorOptions {
  /** Namespace that exists; absent: one of the probe's own. */
  readonly namespace?: string;
  /** Whether to leave the probe in the cluster. */
  readonly keep: boolean;
  /** Longest time of the probe, in seconds. */
  readonly timeout: number;
  /** Longest time that a policy may take to be in force, in seconds. */
  readonly settle: number;
  /** Image with Node.js. */
  readonly image: string;
  /** Secret with credentials for the image's registry. */
  readonly pullSecret?: string;
  readonly dns: DnsFacts;
  /** Text of the program that the probe's pods run. */
  readonly program: string;
}
